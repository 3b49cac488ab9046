import { MalformedBody } from './malformed-body.ts'

/** The same bytes in the one form in which Go writes them. Throws MalformedBody, which says where Go finds the fault. */
export function canonicalBase64(text: string): string {
  const written = Buffer.from(text, 'base64').toString('base64')
  if (written === text) return text
  const fault = faultIn(text)
  if (fault !== undefined) throw new MalformedBody(`illegal base64 data at input byte ${fault}`)
  return Buffer.from(text.replace(/[\r\n]/g, ''), 'base64').toString('base64')
}

/** Line breaks may be anywhere, and are no part of the groups of four. */
function faultIn(text: string): number | undefined {
  let inGroup = 0
  let at = 0
  for (; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\n' || character === '\r') continue
    if (character === '=') return faultInPadding(text, at, inGroup)
    if (!/[A-Za-z0-9+/]/.test(character)) return at
    inGroup = (inGroup + 1) % 4
  }
  return inGroup === 0 ? undefined : text.length - inGroup
}

function faultInPadding(text: string, start: number, inGroup: number): number | undefined {
  if (inGroup < 2) return start
  let end = skipBreaks(text, start + 1)
  if (inGroup === 2) {
    if (text.charAt(end) !== '=') return end
    end = skipBreaks(text, end + 1)
  }
  return end === text.length ? undefined : end
}

function skipBreaks(text: string, start: number): number {
  let at = start
  while (text.charAt(at) === '\n' || text.charAt(at) === '\r') at++
  return at
}
