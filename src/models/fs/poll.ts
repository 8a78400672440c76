import { runtime } from '../../sync/runtime.ts';
import { WaitQueueHead } from '../../sync/wait-queue.ts';
import { EPOLLERR, EPOLLHUP } from './epoll.ts';
import type { KernelFile } from './file.ts';

/** Where pollers of a file sleep (the queue a `poll` op gives to `poll_wait`). A wake-up between look and sleep counts. */
export class PollQueue {
  readonly #queue: WaitQueueHead;
  #wakeUps = 0;

  constructor(name: string) {
    this.#queue = new WaitQueueHead({ name });
  }

  /** Calls of `wake` so far; see `sleep`. */
  get wakeUps(): number {
    return this.#wakeUps;
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  /** `wake_up_poll` */
  wake(): void {
    this.#wakeUps++;
    this.#queue.wakeUpAll();
  }

  /** Sleeps until there were more wake-ups than `seen`. @returns false after `timeoutMs` */
  async sleep(seen: number, timeoutMs: number): Promise<boolean> {
    const isWoken = (): boolean => this.#wakeUps !== seen;
    if (timeoutMs !== Number.POSITIVE_INFINITY) return (await this.#queue.waitEventTimeout(isWoken, timeoutMs)) > 0;
    await this.#queue.waitEvent(isWoken);
    return true;
  }
}

/**
 * `poll(2)` of one file: sleeps until one of the `requested` events is there.
 *
 * @param timeoutMs no limit if not given; 0 looks once
 * @returns the events, 0 after the timeout
 */
export async function pollFile(
  file: KernelFile,
  requested: number,
  timeoutMs: number = Number.POSITIVE_INFINITY,
): Promise<number> {
  const until = runtime().now() + timeoutMs;
  for (;;) {
    const queue = file.pollQueue();
    const seen = queue?.wakeUps ?? 0;
    const events = (await file.poll(requested)) & (requested | EPOLLERR | EPOLLHUP);
    const left = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : until - runtime().now();
    if (events !== 0 || left <= 0 || queue === null) return events;
    if (!(await queue.sleep(seen, left))) return 0;
  }
}
