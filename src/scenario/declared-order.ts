/** An order of locks that a case declares: names of objects or classes, lowest rank first. */
export interface DeclaredOrder {
  /** Each name must be taken before those after it in the same chain. */
  readonly chains: readonly (readonly string[])[];
  /** Rank of each name; locks of one rank must not be held together. */
  readonly ranks: ReadonlyMap<string, string>;
}

/**
 * Reads `["A", "B"]`, `["A < B", "B < C"]`, `[["A", "B"], ["B", "C"]]` or `{"A": 1, "B": 2}`; null for anything else.
 */
export function declaredOrderOf(raw: unknown): DeclaredOrder | null {
  if (Array.isArray(raw)) {
    const chains = raw.some((entry) => typeof entry !== 'string' || entry.includes('<'))
      ? raw.map((entry) => (Array.isArray(entry) ? entry.map(String) : String(entry).split('<')))
      : [raw.map(String)];
    const trimmed = chains.map((chain) => chain.map((name) => name.trim()));
    return { chains: trimmed, ranks: new Map(trimmed.flat().map((name) => [name, name])) };
  }
  if (typeof raw !== 'object' || raw === null) return null;
  const ranked = Object.entries(raw).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  ranked.sort((a, b) => a[1] - b[1]);
  const chains = ranked.flatMap(([name, rank]) =>
    ranked.filter(([, other]) => other > rank).map(([other]): readonly string[] => [name, other]),
  );
  return { chains, ranks: new Map(ranked.map(([name, rank]) => [name, String(rank)])) };
}
