/** The same graph in the plainest form: lists of successors in the order they were added, search without any order. */
export class PlainGraph {
  readonly successors: Map<number, number[]> = new Map();
  edgeCount = 0;

  has(from: number, to: number): boolean {
    return this.successors.get(from)?.includes(to) ?? false;
  }

  add(from: number, to: number): void {
    const list = this.successors.get(from) ?? [];
    this.successors.set(from, list);
    list.push(to);
    this.edgeCount++;
  }

  delete(from: number, to: number): void {
    const list = this.successors.get(from) ?? [];
    this.successors.set(
      from,
      list.filter((node) => node !== to),
    );
    this.edgeCount--;
  }

  removeNode(node: number): void {
    for (const [from, list] of this.successors) {
      for (const to of [...list]) {
        if (from === node || to === node) {
          this.delete(from, to);
        }
      }
    }
  }

  reaches(source: number, target: number, met: Set<number> = new Set()): boolean {
    if (source === target) {
      return true;
    }
    met.add(source);
    return (this.successors.get(source) ?? []).some((next) => !met.has(next) && this.reaches(next, target, met));
  }

  /** Nodes of the first shortest path that a breadth-first search meets, newest edges first. */
  path(source: number, target: number, accept: (from: number, to: number) => boolean): number[] | null {
    const paths = [[source]];
    const met = new Set([source]);
    for (const path of paths) {
      const last = path.at(-1)!;
      if (last === target) {
        return path;
      }
      for (const next of (this.successors.get(last) ?? []).toReversed()) {
        if (!met.has(next) && accept(last, next)) {
          met.add(next);
          paths.push([...path, next]);
        }
      }
    }
    return null;
  }
}
