import type { EventContext } from '../core/event-context.ts';
import type { Thread } from './runtime.ts';

/** What was granted: permits of one primitive, and what is owed for them. */
export class Grant {
  /** The event context owed to the attached session, null when nobody listens. */
  eventContext: EventContext | null;
  /** Permits granted; a downgrade lowers them. */
  permits: number;
  /** False once it was given back. */
  open = true;
  /** The simulated thread it was granted to, null outside a simulation. */
  readonly thread: Thread | null;

  constructor(eventContext: EventContext | null, permits: number, thread: Thread | null) {
    this.eventContext = eventContext;
    this.permits = permits;
    this.thread = thread;
  }
}
