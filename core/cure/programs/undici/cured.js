'use strict';
const fs = require('fs');
const tls = require('tls');

const [authority, highest, ...visits] = process.argv.slice(2);
const ca = ['-', 'none'].includes(authority) ? undefined : fs.readFileSync(authority);
const own = (who) => (who === '-' ? {} : { cert: fs.readFileSync(who + '.pem'), key: fs.readFileSync(who + '.key') });

function connect(at, who) {
  const [host, port] = [at.slice(0, at.lastIndexOf(':')), at.slice(at.lastIndexOf(':') + 1)];
  return ({ hostname }, done) => {
    const socket = tls.connect({
      host, port, servername: hostname, ...own(who), ca, rejectUnauthorized: authority !== 'none', maxVersion: highest === '-' ? undefined : 'TLSv' + highest,
    }, () => done(null, socket)).on('error', (err) => done(err));
  };
}

(async () => {
  await fetch('data:,'); // loads the undici that Node has
  const Agent = globalThis[Symbol.for('undici.globalDispatcher.1')].constructor;
  const agents = {}; // a dispatcher for each identity, and so a pool
  for (let i = 0; i + 2 < visits.length; i += 3) {
    const who = visits[i + 2];
    agents[who] ??= new Agent({ connect: connect(visits[i + 1], who) });
    await (await fetch(visits[i], { dispatcher: agents[who] })).text();
  }
  for (const agent of Object.values(agents)) await agent.close();
})().catch((err) => { console.error((err.cause ?? err).message); process.exit(1); });
