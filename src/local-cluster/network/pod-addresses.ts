import { AppError } from '../../common/errors.ts'

/** What is kept of a range for the node itself: its own name, and its first address. */
const RESERVED = 2

const RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/

/**
 * Gives each Pod an address of its own. The first address of the range is the node's and is not given away, nor is the last. One
 * that was released is used again only when all others have had their turn, so that nobody who still dials it reaches another Pod.
 */
export class PodAddresses {
  readonly #range: string
  readonly #first: number
  readonly #size: number
  readonly #byUid = new Map<string, number>()
  readonly #taken = new Set<number>()
  #next = 0

  /** Throws an Error when the range is none of IPv4, or has no room. */
  constructor(range: string) {
    const [, ...numbers] = RANGE.exec(range) ?? []
    const [a = 256, b = 256, c = 256, d = 256, bits = 33] = numbers.map(Number)
    if ([a, b, c, d].some((byte) => byte > 255) || bits > 32)
      throw new Error(`${range} is no range of addresses`)
    const total = 2 ** (32 - bits)
    const base = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / total) * total
    this.#range = range
    this.#first = base + RESERVED
    this.#size = total - RESERVED - 1
    if (this.#size < 1) throw new Error(`${range} has no room for Pods`)
  }

  /**
   * The address of a Pod: the same one until it is released.
   *
   * @throws AppError when all are taken
   */
  take(uid: string): string {
    const known = this.#byUid.get(uid)
    if (known !== undefined) return textOf(this.#first + known)
    if (this.#taken.size >= this.#size)
      throw new AppError('ERR_NO_POD_ADDRESS', `all ${this.#size} addresses of ${this.#range} are taken`)
    while (this.#taken.has(this.#next)) this.#next = (this.#next + 1) % this.#size
    const taken = this.#next
    this.#next = (taken + 1) % this.#size
    this.#byUid.set(uid, taken)
    this.#taken.add(taken)
    return textOf(this.#first + taken)
  }

  release(uid: string): void {
    const taken = this.#byUid.get(uid)
    if (taken === undefined) return
    this.#byUid.delete(uid)
    this.#taken.delete(taken)
  }
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}
