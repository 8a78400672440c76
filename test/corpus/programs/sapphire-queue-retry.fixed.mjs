// sapphire-queue-retry [fixed] (@sapphire/async-queue) - it is sent again without a second turn
import { AsyncQueue } from '@sapphire/async-queue';
import { setTimeout as sleep } from 'node:timers/promises';

class Channel {
  queue = new AsyncQueue();
  limited = true;

  async request(path) {
    await this.queue.wait();
    try {
      let answer = await this.send(path);
      while (answer.status === 429) answer = await this.send(path);
      return answer;
    } finally { this.queue.shift(); }
  }

  async send(path) {
    await sleep(1);
    const status = this.limited ? 429 : 200;
    this.limited = false;
    return { path, status };
  }
}

const channel = new Channel();
const answers = await Promise.all([channel.request('/messages/1'), channel.request('/messages/2')]);
console.log('done', answers.map(({ status }) => status).join());
