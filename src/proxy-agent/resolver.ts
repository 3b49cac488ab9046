import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** An IP address and its family, as Node's `lookup` has it. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

export interface ResolverComponents {
  /** All addresses of a name; rejects with Node's DNS errors. @default the system's resolver */
  readonly lookup?: (host: string) => Promise<readonly ResolvedAddress[]>
}

export interface ResolverOptions {
  /** IPs by host name in lower case; these names are not looked up. */
  readonly hostAliases?: Readonly<Record<string, readonly string[]>>
}

/** Turns host names into addresses: IPs are their own, aliases win over DNS. */
export class Resolver {
  readonly #lookup: (host: string) => Promise<readonly ResolvedAddress[]>
  readonly #aliases: Readonly<Record<string, readonly string[]>>

  constructor(components: ResolverComponents = {}, options: ResolverOptions = {}) {
    this.#lookup = components.lookup ?? ((host) => lookup(host, { all: true }))
    this.#aliases = options.hostAliases ?? {}
  }

  async resolve(host: string): Promise<readonly ResolvedAddress[]> {
    if (isIP(host) > 0) return [toAddress(host)]
    const name = host.toLowerCase()
    const alias = Object.hasOwn(this.#aliases, name) ? this.#aliases[name] : undefined
    return alias ? alias.map(toAddress) : this.#lookup(host)
  }
}

function toAddress(ip: string): ResolvedAddress {
  return { address: ip, family: isIP(ip) }
}
