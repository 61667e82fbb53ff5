'use strict';
const fs = require('fs');
const https = require('https');
const net = require('net');
const tls = require('tls');

const [authority, highest, ...visits] = process.argv.slice(2);
const ca = ['-', 'none'].includes(authority) ? undefined : fs.readFileSync(authority);
const own = (who) => (who === '-' ? {} : { cert: fs.readFileSync(who + '.pem'), key: fs.readFileSync(who + '.key') });
const maxVersion = highest === '-' ? undefined : 'TLSv' + highest;
const agent = new https.Agent({ keepAlive: false, rejectUnauthorized: authority !== 'none' });
const contexts = {};

function get(url, at, who) {
  const [host, port] = [at.slice(0, at.lastIndexOf(':')), at.slice(at.lastIndexOf(':') + 1)];
  agent.createConnection = (options, done) => https.Agent.prototype.createConnection.call(agent, { ...options, socket: net.connect(port, host) }, done);
  return new Promise((resolve, reject) => {
    const request = https.get(url, {
      agent, timeout: 10000,
      secureContext: contexts[who] ??= tls.createSecureContext({ ...own(who), ca, maxVersion }), // the agent does not tell these apart
    }, (response) => {
      response.resume();
      response.socket.on('close', resolve); // a ticket may follow the answer
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 10 s'))).on('error', reject);
  });
}

(async () => {
  for (let i = 0; i + 2 < visits.length; i += 3) await get(...visits.slice(i, i + 3));
})().catch((err) => { console.error(err.message); process.exit(1); });
