export interface OfferedType {
  /** As clients ask for it. */
  readonly mediaType: string
  /** What the answer says that it is. */
  readonly contentType: string
}

interface Clause {
  readonly type: string
  readonly subtype: string
  readonly quality: number
}

/** The offer that the client likes best; undefined when it likes none. */
export function chooseType<T extends OfferedType>(
  accept: string | undefined,
  offers: readonly T[],
): T | undefined {
  const clauses = parseAccept(accept?.trim() || '*/*')
  for (const clause of clauses) {
    const offer = offers.find(({ mediaType }) => matches(clause, mediaType))
    if (offer) return offer
  }
  return undefined
}

function parseAccept(accept: string): Clause[] {
  return accept
    .split(',')
    .map(parseClause)
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
}

function parseClause(text: string): Clause {
  const [mediaType = '', ...parameters] = text.split(';').map((part) => part.trim())
  const [type = '', subtype = ''] = mediaType.toLowerCase().split('/')
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, subtype, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
}

function matches({ type, subtype }: Clause, mediaType: string): boolean {
  const [ownType, ownSubtype] = mediaType.split('/')
  return (type === '*' || type === ownType) && (subtype === '*' || subtype === ownSubtype)
}
