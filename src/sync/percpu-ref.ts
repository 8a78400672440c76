import { defineHow } from '../core/how.ts';
import { Grant } from './grant.ts';
import { Handle, type Identity } from './handle.ts';
import { Holds } from './holds.ts';
import { enter, event, exit, request, wait, waited } from './hooks.ts';
import { mightSleep, misused } from './misused.ts';
import { runtime } from './runtime.ts';
import { Sleepers } from './sleepers.ts';

const DRAIN = defineHow({
  startLabel: 'percpu_ref_kill',
  waitLabel: 'percpu_ref_drain',
  eventLabel: 'percpu_ref_zero',
});
const REFERENCE = defineHow({
  mode: 'read',
  recursive: true,
  queued: false,
  trylock: true,
  startLabel: 'percpu_ref_tryget_live',
  waitLabel: 'percpu_ref_tryget_live',
  eventLabel: 'percpu_ref_put',
});

/**
 * `struct percpu_ref`: references to something that is drained. It starts live with one reference, `kill` drops that one
 * and refuses new live references, `release` runs when the last is put. A reference is an event context of whoever took
 * it, so a drain that waits for its own holder shows.
 */
export class PercpuRef {
  readonly #handle: Handle;
  readonly #release: () => void;
  readonly #holds = new Holds<Grant>();
  readonly #draining: Sleepers<void>;
  #count = 1;
  #dying = false;
  #exited = false;

  constructor(release: () => void, identity: Identity = {}) {
    this.#handle = new Handle('percpu_ref', identity);
    this.#draining = new Sleepers(this.#handle);
    this.#release = release;
  }

  get name(): string {
    return this.#handle.name;
  }

  /** `percpu_ref_is_zero` */
  get isZero(): boolean {
    return this.#count === 0;
  }

  /** `percpu_ref_is_dying` */
  get isDying(): boolean {
    return this.#dying;
  }

  /** `percpu_ref_tryget`: succeeds until zero, killed or not. */
  tryget(): boolean {
    if (this.#count === 0) return false;
    this.#take();
    return true;
  }

  /** `percpu_ref_tryget_live`: fails from `kill` on. */
  trygetLive(): boolean {
    return !this.#dying && this.tryget();
  }

  /** `percpu_ref_get`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` at zero */
  get(): void {
    if (this.#count === 0) throw this.#atZero('percpu_ref_get');
    this.#take();
  }

  /** `percpu_ref_put`, in any context. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` at zero, `ERR_DEPT_BAD_UNLOCK` unpaired */
  put(): void {
    if (this.#count === 0) throw this.#atZero('percpu_ref_put');
    const hold = this.#holds.takeOwn(runtime().thread, 1) ?? this.#holds.takeAny(1);
    if (hold === null) {
      throw misused(
        'bad-unlock',
        'ERR_DEPT_BAD_UNLOCK',
        this.#handle,
        `percpu_ref_put(${this.name}) without a get: only the initial reference is left, which kill() drops.`,
      );
    }
    exit(hold.eventContext);
    this.#drop();
  }

  /** `percpu_ref_kill`. @throws DeptError `ERR_DEPT_BAD_STATE` when it was killed before */
  kill(): void {
    if (this.#dying) throw this.#badState('percpu_ref_kill', 'it is dying already. Kill a reference once');
    this.#dying = true;
    request(this.#handle.object);
    this.#drop();
  }

  /** Waits until the last reference is put: kill first, or it never happens (`blk_mq_freeze_queue_wait`). */
  async drain(): Promise<void> {
    mightSleep(DRAIN.waitLabel, this.#handle);
    const begun = wait(this.#handle.object, DRAIN);
    if (this.isZero) return waited(begun);
    await this.#draining.sleep({ begun, operation: DRAIN.waitLabel, options: null, refused: () => undefined });
  }

  /** `percpu_ref_reinit`: live again with one reference. @throws DeptError `ERR_DEPT_BAD_STATE` before zero */
  reinit(): void {
    if (!this.isZero || this.#exited) throw this.#badState('percpu_ref_reinit', 'it is not drained, or gone');
    this.#count = 1;
    this.#dying = false;
  }

  /** `percpu_ref_resurrect`: undoes a kill before zero. @throws DeptError `ERR_DEPT_BAD_STATE` */
  resurrect(): void {
    if (!this.#dying || this.isZero) throw this.#badState('percpu_ref_resurrect', 'it is not dying, or dead');
    this.#dying = false;
    this.#count++;
  }

  /** `percpu_ref_exit`. @throws DeptError `ERR_DEPT_BAD_STATE` while references are held */
  exit(): void {
    if (this.#holds.size > 0) throw this.#badState('percpu_ref_exit', `${this.#holds.size} references are held`);
    this.#exited = true;
    this.#count = 0;
    this.#dying = true;
  }

  #take(): void {
    this.#count++;
    this.#holds.add(new Grant(enter(this.#handle.object, REFERENCE), 1, runtime().thread));
  }

  #drop(): void {
    if (--this.#count > 0) return;
    event(this.#handle.object, DRAIN);
    this.#release();
    this.#draining.wakeAll();
  }

  #atZero(operation: string): Error {
    const message = `${operation}(${this.name}) after its last reference was put.`;
    return misused('use-after-destroy', 'ERR_DEPT_USE_AFTER_FREE', this.#handle, message);
  }

  #badState(operation: string, why: string): Error {
    return misused('percpu-ref-state', 'ERR_DEPT_BAD_STATE', this.#handle, `${operation}(${this.name}): ${why}.`);
  }
}
