// sapphire-queue-retry [lucky] (@sapphire/async-queue) - no request is refused
import { AsyncQueue } from '@sapphire/async-queue';
import { setTimeout as sleep } from 'node:timers/promises';

class Channel {
  queue = new AsyncQueue();
  limited = false;

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
