import type { Explorable } from '../../../src/scenario/explore.ts';

/**
 * blk_mq_create_dmabuf_map() against the exporter's move, one step a locked section or access: where is the new map
 * published, and what does a request find afterwards?
 */
export interface PublishSystem {
  /** The map is published before the reservation is unlocked; RFC v2 does so after it. */
  readonly publishUnderResv: boolean;
  /** Moves of the buffer by its exporter. */
  readonly moves: number;
}

export type PublishMove = 'submit' | 'exporter' | 'request';

interface State {
  readonly creator: 'lock' | 'map' | 'publish' | 'unlock' | 'late-publish' | 'end';
  readonly exporter: 'lock' | 'notify' | 'move' | 'unlock';
  readonly movesLeft: number;
  readonly resv: 'creator' | 'exporter' | null;
  /** Where the buffer lies. */
  readonly buffer: number;
  /** Where the map under construction points. */
  readonly built: number | null;
  /** Where the published map points; null without one. */
  readonly published: number | null;
  /** A request did I/O to memory the buffer has left. */
  readonly stale: boolean;
}

const START: State = {
  creator: 'lock',
  exporter: 'lock',
  movesLeft: 0,
  resv: null,
  buffer: 0,
  built: null,
  published: null,
  stale: false,
};

function create(system: PublishSystem, state: State): State {
  switch (state.creator) {
    case 'lock':
      return { ...state, creator: 'map', resv: 'creator' };
    case 'map':
      return { ...state, creator: system.publishUnderResv ? 'publish' : 'unlock', built: state.buffer };
    case 'publish':
      return { ...state, creator: 'unlock', published: state.built };
    case 'unlock':
      return { ...state, creator: system.publishUnderResv ? 'end' : 'late-publish', resv: null };
    default:
      return { ...state, creator: 'end', published: state.built };
  }
}

function move(state: State): State {
  switch (state.exporter) {
    case 'lock':
      return { ...state, exporter: 'notify', resv: 'exporter' };
    case 'notify':
      return { ...state, exporter: 'move', published: null };
    case 'move':
      return { ...state, exporter: 'unlock', buffer: state.buffer + 1 };
    default:
      return { ...state, exporter: 'lock', movesLeft: state.movesLeft - 1, resv: null };
  }
}

function enabled(state: State): PublishMove[] {
  const moves: PublishMove[] = [];
  if (state.creator !== 'end' && !(state.creator === 'lock' && state.resv !== null)) moves.push('submit');
  if (state.movesLeft > 0 && !(state.exporter === 'lock' && state.resv !== null)) moves.push('exporter');
  // A request that begins during a move is waited for by it; one that begins outside of a move must find the buffer.
  if (state.published !== null && state.resv !== 'exporter' && !state.stale) moves.push('request');
  return moves;
}

export function publishSystem(system: PublishSystem): Explorable<State, PublishMove> {
  return {
    initial: () => ({ ...START, movesLeft: system.moves }),
    moves: enabled,
    apply: (state, next) => {
      if (next === 'submit') return create(system, state);
      return next === 'exporter' ? move(state) : { ...state, stale: state.published !== state.buffer };
    },
    key: (state) => JSON.stringify(state),
    done: () => true,
    fault: (state) => (state.stale ? 'stale-mapping' : null),
  };
}
