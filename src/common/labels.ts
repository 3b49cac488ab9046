const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
const TOKEN = /==|!=|[=<>!,()]|[^\s=<>!,()]+/g

/** Reads `key=value,key=value`, as the lease label flag has it. Throws an Error with konnectivity's message. */
export function parseLabels(text: string): Record<string, string> {
  if (text === '') throw new Error('empty string provided')
  const labels = text.split(',').map((pair) => {
    const [key, value, ...more] = pair.split('=')
    if (key === undefined || value === undefined || more.length > 0) {
      throw new Error(`invalid label format: ${pair}`)
    }
    return [key.trim(), value.trim()]
  })
  return Object.fromEntries(labels)
}

/** Throws an Error unless `text` is a Kubernetes label selector: `a=b,c!=d,e in (f,g),h,!i`. An empty one selects all. */
export function verifyLabelSelector(text: string): void {
  const tokens = text.match(TOKEN) ?? []
  if (tokens.length === 0) return
  let position = 0
  const next = () => tokens[position++] ?? ''

  for (;;) {
    verifyRequirement(next, () => tokens[position] ?? '')
    const separator = next()
    if (separator === '') return
    if (separator !== ',') throw new Error(`found '${separator}', expected: ',' or 'end of string'`)
  }
}

function verifyRequirement(next: () => string, peek: () => string): void {
  const first = next()
  const key = first === '!' ? next() : first
  verifyKey(key)
  if (first === '!' || peek() === '' || peek() === ',') return

  const operator = next()
  if (operator === 'in' || operator === 'notin') {
    verifySet(next)
  } else if (['=', '==', '!='].includes(operator)) {
    if (peek() !== '' && peek() !== ',') verifyValue(next())
  } else if (operator === '<' || operator === '>') {
    const bound = next()
    if (!/^\d+$/.test(bound)) throw new Error(`unable to parse requirement: '${bound}' is no integer`)
  } else {
    throw new Error(
      `unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`,
    )
  }
}

function verifySet(next: () => string): void {
  const open = next()
  if (open !== '(') throw new Error(`unable to parse requirement: found '${open}' expected: '('`)
  let token = next()
  while (token !== ')') {
    if (token === '') throw new Error(`unable to parse requirement: found '', expected: ')'`)
    if (token !== ',') verifyValue(token)
    token = next()
  }
}

function verifyKey(key: string): void {
  const [, prefix, name = ''] = /^(?:(.*)\/)?(.*)$/.exec(key) ?? []
  const isValidPrefix = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix))
  if (!isValidPrefix || !NAME.test(name)) {
    throw new Error(`unable to parse requirement: ${JSON.stringify(key)} is no valid label key`)
  }
}

function verifyValue(value: string): void {
  if (!NAME.test(value)) {
    throw new Error(`unable to parse requirement: ${JSON.stringify(value)} is no valid label value`)
  }
}
