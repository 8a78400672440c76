// sapphire-queue-retry [hang] (@sapphire/async-queue) - a request that is refused asks again while it is at the head of its queue
import { AsyncQueue } from '@sapphire/async-queue';
import { setTimeout as sleep } from 'node:timers/promises';

class Channel {
  queue = new AsyncQueue();
  limited = true;

  async request(path) {
    await this.queue.wait();
    try {
      const answer = await this.send(path);
      return answer.status === 429 ? await this.request(path) : answer;
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
