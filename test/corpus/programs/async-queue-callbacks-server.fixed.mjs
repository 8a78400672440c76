// async-queue-callbacks-server [fixed] (async (queue)) - the copy is not waited for
import { createServer } from 'node:http';
import async from 'async';

const sent = [];
const mailer = async.queue((mail, sentIt) => {
  setTimeout(() => {
    sent.push(mail.to);
    if (mail.copy !== undefined) mailer.push({ to: mail.copy });
    sentIt();
  }, 1);
}, 1);

const server = createServer((request, response) => {
  const [, to, copy] = request.url.split('/');
  mailer.push({ to, copy }, () => response.end('sent'));
});
server.listen(0, '127.0.0.1', async () => {
  const send = (path) => fetch(`http://127.0.0.1:${server.address().port}/${path}`).then((response) => response.text());
  console.log(await send('ann'));
  console.log(await send('ann/bob'));
  console.log(sent.join(' '));
  server.close();
  server.closeAllConnections();
  console.log('done');
});
