/** What was repaired in reservation objects; off is the behaviour before. */
export interface DmaResvFixes {
  /** A fence takes the place of an earlier one of its context only; before, of any (a3f7c10a269d, CVE-2022-49935). */
  readonly addTestsLater: boolean;
  /** The same fence again needs no slot; as first repaired it did, because it is not later than itself (November 2023). */
  readonly addTestsSame: boolean;
  /** Each place a replacement gets has a reference; before none had (June 2022, fixes 047a1b877ed4). */
  readonly replaceTakesReference: boolean;
  /** A wait with timeout 0 only looks; before it slept up to a jiffy for each fence (2b95a7db6e0f). */
  readonly zeroTimeoutOnlyLooks: boolean;
}

export const DMA_RESV_FIXES: DmaResvFixes = Object.freeze({
  addTestsLater: true,
  addTestsSame: true,
  replaceTakesReference: true,
  zeroTimeoutOnlyLooks: true,
});
