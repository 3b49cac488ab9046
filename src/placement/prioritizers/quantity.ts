const SUFFIXES = new Map<string, number>([
  ...['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].map(
    (suffix, index) => [suffix, 10 ** (3 * index - 9)] as const,
  ),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, 1024 ** (index + 1)] as const),
])

/** Roughly how much a quantity is, such as `1500m` or `16Gi`; undefined for what is none. */
export function quantityNumber(quantity: unknown): number | undefined {
  const text = typeof quantity === 'number' ? String(quantity) : quantity
  if (typeof text !== 'string') return undefined
  const [, digits = '', suffix = ''] = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)([numkMGTPE]?i?)$/.exec(text) ?? []
  const factor = SUFFIXES.get(suffix)
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor
}
