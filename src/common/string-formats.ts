import { isIPv4, isIPv6 } from 'node:net'

/** The formats of strings that are checked (k8s.io/kube-openapi, validation/strfmt); others are as good as none. */

const HOSTNAME =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const BYTE_VALUE = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])'
const RGB = new RegExp(`^rgb\\(\\s*${BYTE_VALUE}\\s*,\\s*${BYTE_VALUE}\\s*,\\s*${BYTE_VALUE}\\s*\\)$`)
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/
const EMAIL = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/
const NAMED_EMAIL = /^[^<>@]{0,256}<([^<>]{1,320})>$/
const LABEL = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/

const CHECKS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['bsonobjectid', (text: string) => /^[0-9a-fA-F]{24}$/.test(text)],
  ['uri', isRequestUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text: string) => text.includes('.') && isAddress(text)],
  ['ipv6', (text: string) => text.includes(':') && isAddress(text)],
  ['cidr', isCidr],
  ['mac', isMac],
  ['uuid', uuid('[0-9a-f]{4}', '[0-9a-f]{4}')],
  ['uuid3', uuid('3[0-9a-f]{3}', '[0-9a-f]{4}')],
  ['uuid4', uuid('4[0-9a-f]{3}', '[89ab][0-9a-f]{3}')],
  ['uuid5', uuid('5[0-9a-f]{3}', '[89ab][0-9a-f]{3}')],
  ['isbn', (text: string) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', (text: string) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['hexcolor', (text: string) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text)],
  ['rgbcolor', (text: string) => RGB.test(text)],
  ['byte', (text: string) => BASE64.test(text)],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text: string) => text.length <= 63 && LABEL.test(text)],
  ['k8slongname', (text: string) => text.length <= 253 && text.split('.').every((part) => LABEL.test(part))],
])

/** The format that values of a type are held to; none where it means nothing for them. */
export function effectiveFormat(types: readonly string[], format = ''): string {
  switch (types.length === 1 ? types[0] : '') {
    case '':
    case 'string':
      return CHECKS.has(normalized(format)) ? format : ''
    case 'integer':
      return format === 'int32' || format === 'int64' ? format : ''
    case 'number':
      return format === 'float' || format === 'double' ? format : ''
    default:
      return ''
  }
}

/** Undefined for what is no format of strings. */
export function hasFormat(format: string, text: string): boolean | undefined {
  return CHECKS.get(normalized(format))?.(text)
}

/** Formats are the same with hyphens and without. */
function normalized(format: string): string {
  return format.replaceAll('-', '')
}

function isRequestUri(text: string): boolean {
  if (/\p{Cc}/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false
  if (text.startsWith('/')) return true
  const [, rest] = /^[a-zA-Z][a-zA-Z0-9+.-]*:([\s\S]*)$/.exec(text) ?? []
  if (rest === undefined) return false
  const authority = rest.startsWith('//') ? (rest.slice(2).split(/[/?]/)[0] ?? '') : ''
  return (
    !/[\s<>"\\^`{|}]/.test(authority) && /^[^:]*(?::\d*)?$/.test(authority.replace(/^.*@|\[[^\]]*\]/g, ''))
  )
}

function isEmail(text: string): boolean {
  return EMAIL.test(NAMED_EMAIL.exec(text)?.[1] ?? text)
}

function isHostname(text: string): boolean {
  if (text.length > 255 || Buffer.byteLength(text) > 255) return false
  return HOSTNAME.test(text) && text.split('.').every((part) => Buffer.byteLength(part) <= 63)
}

/** Go's old reading of IPv4 takes zeros in front. */
function isAddress(text: string): boolean {
  return isIPv4(withoutZeros(text)) || (isIPv6(text) && !text.includes('%'))
}

function withoutZeros(text: string): string {
  return text.replace(/(^|\.)0+(?=\d)/g, '$1')
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^\d{1,3}$/.test(bits) || !isAddress(address)) return false
  return Number(bits) <= (address.includes(':') ? 128 : 32)
}

function isMac(text: string): boolean {
  const digits =
    /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})+$|^[0-9a-fA-F]{2}(-[0-9a-fA-F]{2})+$|^[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4})+$/
  return digits.test(text) && [12, 16, 40].includes(text.replace(/[-:.]/g, '').length)
}

function uuid(third: string, fourth: string): (text: string) => boolean {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${third}-?${fourth}-?[0-9a-f]{12}$`, 'i')
  return (text) => pattern.test(text)
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  return (
    [...digits].reduce((sum, digit, i) => sum + (10 - i) * (digit === 'X' ? 10 : Number(digit)), 0) % 11 === 0
  )
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((sum, digit, i) => sum + Number(digit) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!CREDIT_CARD.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 1 : 2)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  if (year === undefined) return false
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function isDateTime(text: string): boolean {
  const [date = '', time, ...more] = text.toLowerCase().split('t')
  return time !== undefined && more.length === 0 && isDate(date) && TIME.test(time)
}

const GO_DURATION = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/
/** The search for units takes time with the square of the length. */
const LONGEST_DURATION = 256
const UNITS = ['ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'hr', 'd', 'w', 'wk']
const LONG_UNITS = /^(nano|micro|milli|sec|min|hour|day|week)/

/** `1h30m` as in Go, or `3 days` as in Scala. */
function isDuration(text: string): boolean {
  if (text.length > LONGEST_DURATION) return false
  if (GO_DURATION.test(text)) return true
  for (const [, unit = ''] of text.matchAll(/\d+\s*([A-Za-zµ]+)/g)) {
    const lower = unit.toLowerCase()
    if (UNITS.includes(lower) || LONG_UNITS.test(lower)) return true
  }
  return false
}
