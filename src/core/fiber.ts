import type { Context } from './context.ts';
import type { History } from './history.ts';
import type { Session } from './session.ts';

/** What some code had behind it, for code of another fiber to go on after. Says nothing to another session. */
export interface Past {
  readonly session: Session;
  readonly history: History;
}

/** A thread of control that a library runs by itself, a stretch at a time, with others in between. */
export class Fiber {
  readonly session: Session;
  /** The context that its first stretch belongs to; so do all others. */
  readonly context: Context;
  /** What it had behind it at the end of its last stretch. */
  history: History | null = null;

  constructor(session: Session) {
    this.session = session;
    this.context = session.current;
  }

  get past(): Past | null {
    const { session } = this;
    const history = session.histories.fresh(this.history);
    return history === null ? null : { session, history };
  }
}
