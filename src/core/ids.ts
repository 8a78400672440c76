/** A number that names one thing of one kind; the brand keeps a class id from being passed where an object id is meant. */
type Branded<Brand extends string> = number & { readonly __brand: Brand };

/** A node of the dependency graph: one event class (key and sub-class). Dense, from 0. */
export type ClassId = Branded<'ClassId'>;
/** One instrumented object, the DEPT map. Dense, from 1. */
export type ObjectId = Branded<'ObjectId'>;
/** One context. Dense, from 1. */
export type ContextId = Branded<'ContextId'>;
/**
 * A point in the session's logical time: every recorded wait, start, request, event and grant takes one tick.
 * 0 means "never"; `PENDING` stands for a point that has not come yet.
 */
export type Tick = Branded<'Tick'>;

/** The tick that has not come: later than every other one. */
export const PENDING: Tick = Number.POSITIVE_INFINITY as Tick;
/** The tick that never was: earlier than every other one. */
export const NEVER: Tick = 0 as Tick;
