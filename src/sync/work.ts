import { Ending } from './ending.ts';
import { Handle, type Identity } from './handle.ts';

/** One queued instance of a work item, from `queue` to the end of its function. */
export class WorkInstance extends Ending {
  readonly work: Work;
  cancelled = false;

  constructor(work: Work) {
    super();
    this.work = work;
  }
}

/** `struct work_struct`: a function to run in a context of its own. Pending at most once, never run twice at a time. */
export class Work {
  readonly handle: Handle;
  readonly body: () => Promise<void> | void;
  /** Queued and not begun. Owned by the workqueue. */
  pending: WorkInstance | null = null;
  /** Begun and not ended. Owned by the workqueue. */
  running: WorkInstance | null = null;
  /** Callers of `cancelSync`: the work cannot be queued meanwhile. Owned by the workqueue. */
  cancelling = 0;
  /** Takes back a delayed queueing. Owned by the workqueue. */
  cancelTimer: (() => void) | null = null;

  constructor(body: () => Promise<void> | void, identity: Identity = {}) {
    this.body = body;
    this.handle = new Handle('work', identity);
  }

  get name(): string {
    return this.handle.name;
  }

  /** `work_busy` */
  get isBusy(): boolean {
    return this.pending !== null || this.running !== null;
  }
}
