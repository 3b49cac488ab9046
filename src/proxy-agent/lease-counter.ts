/** Counts proxy servers by the Leases that they hold. */
export interface LeaseCounter {
  /** How many are valid now; at least 1. */
  count(): number
}
