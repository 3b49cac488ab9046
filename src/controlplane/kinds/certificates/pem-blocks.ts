export interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly der: Buffer
}

const BEGIN = /^-----BEGIN ([^\n]*)-----[ \t\r]*$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The blocks of a text in PEM, as Go finds them: what is no whole block is passed over. In time linear to the text. */
export function* pemBlocks(text: string): Generator<PemBlock> {
  let type: string | undefined
  let body: string[] = []
  for (const line of text.split('\n')) {
    const begin = line.startsWith('-----BEGIN ') ? BEGIN.exec(line) : null
    if (begin) {
      type = begin[1]
      body = []
    } else if (type !== undefined && line.trimEnd() === `-----END ${type}-----`) {
      const block = blockOf(type, body)
      if (block) yield block
      type = undefined
    } else {
      body.push(line)
    }
  }
}

function blockOf(type: string, lines: readonly string[]): PemBlock | undefined {
  const headers = lines.filter((line) => line.includes(':'))
  const base64 = lines
    .filter((line) => !line.includes(':'))
    .map((line) => line.trim())
    .join('')
  if (!BASE64.test(base64)) return undefined
  return { type, hasHeaders: headers.length > 0, der: Buffer.from(base64, 'base64') }
}
