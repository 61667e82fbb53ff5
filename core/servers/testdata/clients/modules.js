// Visits each URL as alice, dave, alice, dave with what the distribution packages beside Node.
// Usage: node modules.js axios|axios-one|undici|undici-one URL...; certificates stand in the current directory.
'use strict';
const fs = require('fs');
const https = require('https');
process.env.NODE_PATH = '/usr/share/nodejs:/usr/lib/nodejs'; // Debian's modules
require('module').Module._initPaths();

const steps = ['alice', 'dave', 'alice', 'dave'];
const ca = fs.readFileSync('ca.pem');
const own = (who) => ({ cert: fs.readFileSync(who + '.pem'), key: fs.readFileSync(who + '.key'), ca });
const pause = () => new Promise((resolve) => setTimeout(resolve, 50)); // a ticket may follow the answer

async function axios(url, one) {
  const axios = require('/usr/share/nodejs/axios/dist/node/axios.cjs');
  const agents = {};
  for (const who of steps) {
    // An agent has its certificate; one that is to be everybody is told anew.
    const agent = agents[one ? '' : who] ??= new https.Agent({ keepAlive: false });
    Object.assign(agent.options, own(who));
    await axios.get(url, { httpsAgent: agent, timeout: 10000, validateStatus: (code) => code === 200 || url.endsWith('/ask') });
    await pause();
  }
}

async function undici(url) {
  const { Agent, request } = require('/usr/share/nodejs/undici');
  const agents = {};
  for (const who of steps) {
    agents[who] ??= new Agent({ pipelining: 0, connect: own(who) });
    const { statusCode, body } = await request(url, { dispatcher: agents[who] });
    await body.text();
    if (statusCode !== 200 && !url.endsWith('/ask')) throw new Error(`${url}: ${statusCode}`);
    await pause();
  }
  for (const agent of Object.values(agents)) await agent.close();
}

(async () => {
  for (const url of process.argv.slice(3)) {
    const visits = process.argv[2] === 'undici' ? undici(url) : axios(url, process.argv[2] === 'axios-one');
    await visits.catch((err) => { if (!url.endsWith('/ask')) throw err; });
  }
})().catch((err) => { console.error(err); process.exit(1); });
