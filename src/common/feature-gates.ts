import { ConfigError } from './errors.ts'
import { type Flag, listFlag } from './flags.ts'
import { parseGoBool } from './go-values.ts'
import { didYouMean } from './suggest.ts'

/** Gates by name, and whether each is open unless told otherwise. */
export type GateDefaults = Readonly<Record<string, boolean>>

/** Which gates are open. */
export type FeatureGates<Defaults extends GateDefaults> = { readonly [Name in keyof Defaults]: boolean }

/** `--feature-gates`, which may be given several times. Its help text lists the gates. */
export function featureGatesFlag(defaults: GateDefaults): Flag<'list'> {
  const known = Object.entries(defaults).map(([name, isOpen]) => `${name}=${isOpen}`)
  return listFlag([], `Opens and closes features. Unless told otherwise: ${known.join(', ')}.`, {
    placeholder: 'NAME=BOOL,...',
  })
}

/** Reads what `--feature-gates` says, the last word on each gate counting. Throws a ConfigError that names what is wrong. */
export function parseFeatureGates<Defaults extends GateDefaults>(
  defaults: Defaults,
  texts: readonly string[],
): FeatureGates<Defaults> {
  const gates = new Map<string, boolean>(Object.entries(defaults))
  for (const text of texts.map((each) => each.trim()).filter((each) => each !== '')) {
    const [name = '', value] = text.split('=', 2).map((each) => each.trim())
    if (value === undefined)
      throw new ConfigError(`--feature-gates: missing bool value for ${name}, write ${name}=true`)
    if (!gates.has(name))
      throw new ConfigError(
        `--feature-gates: unrecognized feature gate: ${name}${didYouMean(name, [...gates.keys()])}`,
      )
    gates.set(name, gateValue(name, value))
  }
  return Object.fromEntries(gates) as FeatureGates<Defaults>
}

function gateValue(name: string, text: string): boolean {
  try {
    return parseGoBool(text)
  } catch (cause) {
    throw new ConfigError(`--feature-gates: invalid value of ${name}=${text}, write true or false`, { cause })
  }
}
