import { warnOn } from '../warn.ts';
import type { DmaResv } from './resv.ts';

/**
 * The locking convention of the core (Documentation/driver-api/dma-buf.rst): functions that may take the reservation, or
 * call an exporter who may, WARN when the caller holds it.
 *
 * @returns true when the rule is broken
 */
export function assertNotHeld(resv: DmaResv, operation: string): boolean {
  return warnOn(resv.isHeld, `${operation}() while ${resv.name} is held: unlock the dma_resv first`);
}
