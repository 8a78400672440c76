type WithHandles = typeof process & { _getActiveHandles?(): readonly object[] };

/** The sockets, servers, children, ports and the like that keep this thread alive; null where Node does not tell. */
export function activeHandles(): readonly object[] | null {
  return (process as WithHandles)._getActiveHandles?.() ?? null;
}
