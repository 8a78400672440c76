/** `struct bio_vec`: contiguous memory of one or more pages. */
export interface BioVec {
  /** Physical address of the page. */
  readonly page: number;
  readonly offset: number;
  readonly length: number;
}
