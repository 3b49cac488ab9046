import { isIPv4 } from 'node:net'
import { canonicalIp, familyOf, type IpFamily } from '../field-checks/index.ts'
import { NumberPool } from './number-pool.ts'

/** Of a larger range only the beginning is used: so many Services there will not be. */
const MOST_ADDRESSES = 2 ** 20
const LEAST_CHOSEN = 16
const MOST_CHOSEN = 256

/** The addresses of Services in one CIDR. Neither its first address is used nor, of IPv4, its last one. */
export class AddressRange {
  readonly cidr: string
  readonly family: IpFamily
  readonly #base: bigint
  readonly #size: number
  readonly #pool: NumberPool

  /** Throws an Error for what is no CIDR, or has no room. */
  constructor(cidr: string, random?: (size: number) => number) {
    const [address = '', prefix = ''] = cidr.split('/')
    const family = familyOf(address)
    const bits = family === 'IPv6' ? 128 : 32
    const hostBits = bits - Number(prefix)
    if (family === undefined || !/^\d{1,3}$/.test(prefix) || hostBits < 2)
      throw new Error(`not a range of addresses for services: ${JSON.stringify(cidr)}`)
    this.cidr = cidr
    this.family = family
    this.#base = (numberOf(address) >> BigInt(hostBits)) << BigInt(hostBits)
    this.#size = hostBits > 20 ? MOST_ADDRESSES : 2 ** hostBits - (family === 'IPv4' ? 1 : 0)
    const chosen = Math.min(Math.max(LEAST_CHOSEN, Math.floor(this.#size / 16)), MOST_CHOSEN)
    this.#pool = new NumberPool(this.#size, chosen < this.#size ? chosen : 0, random)
    this.#pool.take(0)
  }

  /** The one that is the API server's. */
  get first(): string {
    return textOf(this.#base + 1n, this.family)
  }

  has(address: string): boolean {
    const index = this.#indexOf(address)
    return index > 0 && index < this.#size
  }

  /** False when it is taken. The range has the address. */
  take(address: string): boolean {
    return this.#pool.take(this.#indexOf(address))
  }

  takeAny(): string | undefined {
    const index = this.#pool.takeAny()
    return index === undefined ? undefined : textOf(this.#base + BigInt(index), this.family)
  }

  giveBack(address: string): void {
    if (this.has(address)) this.#pool.giveBack(this.#indexOf(address))
  }

  #indexOf(address: string): number {
    return familyOf(address) === this.family ? Number(numberOf(address) - this.#base) : -1
  }
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [head = '', tail] = canonicalIp(address).split('::')
  const start = groupsOf(head)
  const end = groupsOf(tail ?? '')
  const zeros = new Array<string>(8 - start.length - end.length).fill('0')
  return [...start, ...zeros, ...end].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}

function textOf(number: bigint, family: IpFamily): string {
  if (family === 'IPv4') {
    return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.')
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((number >> BigInt(16 * (7 - index))) & 65_535n).toString(16),
  )
  return canonicalIp(groups.join(':'))
}
