import type { HeapNode } from '../heap/heap-graph.ts';
import { scopesOf } from '../heap/list-owners.ts';
import type { Suspended } from '../heap/suspended-graph.ts';
import type { HolderLook } from './holder-look.ts';

/**
 * The functions of the program that go on and have one of these among their own variables: they call it, whatever they call it.
 * @param others functions that are not meant
 */
export function inHandOf(
  nodes: readonly HeapNode[],
  look: HolderLook,
  others: readonly Suspended[] = [],
): readonly Suspended[] {
  const { graph, heap } = look;
  const found = nodes
    .flatMap((node) => heap.retainers(node))
    .flatMap(({ type, node: above }) => {
      return type === 'weak' ? [] : (graph.functionAt(above) ?? []);
    });
  return goingOn(found, look, others);
}

/** The same for variables around them that they name. */
export function namedBy(
  nodes: readonly HeapNode[],
  look: HolderLook,
  others: readonly Suspended[],
): readonly Suspended[] {
  const { graph, heap } = look;
  const scopes = nodes.flatMap((node) => heap.retainers(node)).filter(({ type }) => type === 'context');
  const found = scopes.flatMap(({ name, node }) => graph.functions.filter((each) => isNamedBy(each, name, node, look)));
  return goingOn(found, look, others);
}

function goingOn(all: readonly Suspended[], look: HolderLook, others: readonly Suspended[]): readonly Suspended[] {
  const { heap, places, stuck } = look;
  return [...new Set(all)].filter((each) => {
    if (others.includes(each) || stuck.has(each.node) || !places.isOfProgram(heap.placeOf(each.fn))) return false;
    return look.goingOn.settles(each.awaits);
  });
}

function isNamedBy({ fn }: Suspended, name: string, scope: HeapNode, { heap, places }: HolderLook): boolean {
  const place = heap.placeOf(fn);
  return place !== null && places.namesAt(place).has(name) && scopesOf(fn, heap).includes(scope);
}
