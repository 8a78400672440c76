import { DeptError } from '../../core/dept-error.ts';
import { defineHow } from '../../core/how.ts';
import { checkOptions } from '../../core/options.ts';
import type { Wait } from '../../core/wait.ts';
import { Handle, type Identity } from '../handle.ts';
import { event, wait, waited } from '../hooks.ts';
import { mightSleep } from '../misused.ts';
import { detail, type Refusal, type SleepOptions } from '../sleep.ts';
import { Sleepers } from '../sleepers.ts';
import { TimeoutError } from '../timeout-error.ts';
import { checkWait, IDENTITY_OPTIONS, WAIT_OPTIONS } from './wait-options.ts';

const ARRIVE = defineHow({ sleeps: true, startLabel: 'start', waitLabel: 'barrier_wait', eventLabel: 'barrier_last' });

/**
 * A meeting point: `parties` callers wait for each other, then all go on and the next round begins. A caller that gives
 * up breaks the round for everybody in it, because nobody else could ever complete it.
 */
export class Barrier {
  readonly parties: number;
  readonly #handle: Handle;
  readonly #sleepers: Sleepers<number>;

  /** @throws DeptError `ERR_DEPT_BAD_OPTION` when `parties` is no whole number from 1 */
  constructor(parties: number, options: Identity = {}) {
    if (!Number.isSafeInteger(parties) || parties < 1) {
      throw new DeptError('ERR_DEPT_BAD_OPTION', `A barrier needs 1 party or more, not ${parties}.`);
    }
    checkOptions('new Barrier()', options, IDENTITY_OPTIONS);
    this.parties = parties;
    this.#handle = new Handle('barrier', options);
    this.#sleepers = new Sleepers(this.#handle);
  }

  get name(): string {
    return this.#handle.name;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  /**
   * Waits for the others of this round. Rejects with a `TimeoutError`, the signal's reason, or `ERR_DEPT_BROKEN` when
   * another party gave up.
   *
   * @returns the order of arrival in this round, from 0
   */
  wait(options: SleepOptions | null = null): Promise<number> {
    if (options !== null) checkWait(this, 'wait', options, WAIT_OPTIONS);
    mightSleep(ARRIVE.waitLabel, this.#handle);
    if (options?.signal?.aborted === true) return Promise.reject(options.signal.reason);
    const begun = wait(this.#handle.object, ARRIVE, detail(null, options));
    if (this.#sleepers.size + 1 === this.parties) return this.#open(begun);
    return this.#sleepers.sleep({
      begun,
      operation: ARRIVE.waitLabel,
      options,
      refused: (parked, why) => {
        parked.fail(this.#reason(why, options));
        this.#break();
      },
    });
  }

  /** The last party opens the barrier; nobody can have left the round, so sleepers are in order of arrival. */
  #open(begun: Wait | null): Promise<number> {
    event(this.#handle.object, ARRIVE);
    waited(begun);
    for (let order = 0; this.#sleepers.wakeOne(order); ) order++;
    return Promise.resolve(this.parties - 1);
  }

  #reason(why: Refusal, options: SleepOptions | null): unknown {
    return why === 'cancelled' ? options?.signal?.reason : new TimeoutError(this.name, options?.timeoutMs ?? 0);
  }

  #break(): void {
    const message = `A party of ${this.name} gave up, so its round can never be complete. Start a new round together.`;
    this.#sleepers.failAll(new DeptError('ERR_DEPT_BROKEN', message), 'cancelled');
  }
}
