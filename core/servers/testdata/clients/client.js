// Visits each URL as alice, dave, alice, dave.
// Usage: node client.js key|context|fetch|key-alive|context-alive URL...; certificates stand in the current directory.
'use strict';
const fs = require('fs');
const https = require('https');
const tls = require('tls');

const steps = ['alice', 'dave', 'alice', 'dave'];
const ca = fs.readFileSync('ca.pem');
const own = (who) => ({ cert: fs.readFileSync(who + '.pem'), key: fs.readFileSync(who + '.key'), ca });

function get(url, options) {
  return new Promise((resolve, reject) => {
    https.get(url, options, (res) => {
      res.resume();
      // A ticket may follow the answer: wait until the connection is closed, or free again.
      if (options.agent.keepAlive) res.on('end', () => setTimeout(resolve, 50));
      else res.socket.on('close', resolve);
    }).on('error', reject);
  });
}

async function visit(how, url) {
  if (how === 'fetch') {
    await fetch('data:,'); // loads undici
    const Agent = globalThis[Symbol.for('undici.globalDispatcher.1')].constructor;
    const agents = {};
    for (const who of steps) {
      agents[who] ??= new Agent({ pipelining: 0, connect: own(who) });
      await (await fetch(url, { dispatcher: agents[who] })).text();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const agent of Object.values(agents)) await agent.close();
    return;
  }
  const agent = new https.Agent({ keepAlive: how.endsWith('-alive') });
  const contexts = {};
  for (const who of steps) {
    contexts[who] ??= tls.createSecureContext(own(who));
    await get(url, how.startsWith('key') ? { agent, ...own(who) } : { agent, secureContext: contexts[who] }).catch((err) => { if (!url.endsWith('/ask')) throw err; });
  }
  agent.destroy();
}

(async () => {
  for (const url of process.argv.slice(3)) await visit(process.argv[2], url);
})().catch((err) => { console.error(err); process.exit(1); });
