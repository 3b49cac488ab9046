import { X509Certificate } from 'node:crypto'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import { rfc1035Problems, subdomainProblems } from '../../registry/index.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import type { Conversion, WebhookClientConfig } from './definition.ts'

/** Versions of ConversionReview that are understood. */
const REVIEW_VERSIONS = ['v1', 'v1beta1']

export interface ConversionRules {
  /** One of the review versions must be understood. */
  readonly requiresKnownReviewVersion: boolean
  readonly allowsInvalidCaBundle: boolean
}

export function conversionErrors(
  { strategy = '', webhook }: Conversion,
  rules: ConversionRules,
  path: FieldPath,
): FieldError[] {
  const config = webhook?.clientConfig ?? undefined
  const reviewVersions = webhook?.conversionReviewVersions ?? []
  const errors: FieldError[] = []
  const configPath = child(path, 'webhookClientConfig')
  const versionsPath = child(path, 'conversionReviewVersions')
  if (strategy === '') errors.push(required(child(path, 'strategy')))
  else if (strategy !== 'None' && strategy !== 'Webhook')
    errors.push(notSupported(child(path, 'strategy'), strategy, ['None', 'Webhook']))
  if (strategy === 'Webhook') {
    if (config) errors.push(...clientConfigErrors(config, rules, configPath))
    else errors.push(required(configPath, 'required when strategy is set to Webhook'))
    errors.push(...reviewVersionErrors(reviewVersions, rules, versionsPath))
    return errors
  }
  const detail = 'should not be set when strategy is not set to Webhook'
  if (config) errors.push(forbidden(configPath, detail))
  if (reviewVersions.length > 0) errors.push(forbidden(versionsPath, detail))
  return errors
}

export function hasKnownReviewVersion(versions: readonly string[]): boolean {
  return versions.length === 0 || versions.some((each) => REVIEW_VERSIONS.includes(each))
}

/** What is wrong with certificates in PEM, as base64; undefined when nothing is. */
export function caBundleProblem(caBundle: string): string | undefined {
  try {
    new X509Certificate(Buffer.from(caBundle, 'base64'))
    return undefined
  } catch {
    return 'unable to load root certificates: unable to parse bytes as PEM block'
  }
}

function reviewVersionErrors(
  versions: readonly string[],
  { requiresKnownReviewVersion }: ConversionRules,
  path: FieldPath,
): FieldError[] {
  if (versions.length === 0) return [required(path)]
  const errors = versions.flatMap((version, index) => {
    if (versions.indexOf(version) < index)
      return [invalid(element(path, index), version, 'duplicate version')]
    return rfc1035Problems(version).map((problem) => invalid(element(path, index), version, problem))
  })
  if (requiresKnownReviewVersion && !hasKnownReviewVersion(versions))
    errors.push(invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`))
  return errors
}

function clientConfigErrors(
  { url, service, caBundle }: WebhookClientConfig,
  { allowsInvalidCaBundle }: ConversionRules,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const hasUrl = typeof url === 'string'
  if (hasUrl === Boolean(service)) errors.push(required(path, 'exactly one of url or service is required'))
  else if (hasUrl) errors.push(...urlErrors(url, child(path, 'url')))
  else if (service) errors.push(...serviceErrors(service, child(path, 'service')))
  const problem = caBundle && !allowsInvalidCaBundle ? caBundleProblem(caBundle) : undefined
  if (problem) errors.push(invalid(child(path, 'caBundle'), caBundle, problem))
  return errors
}

function urlErrors(text: string, path: FieldPath): FieldError[] {
  const form = '; desired format: https://host[/path]'
  const [, scheme = '', authority = '', rest = ''] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?(.*)$/su.exec(text) ?? []
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : undefined
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const [beforeFragment = '', fragment = ''] = splitOnce(rest, '#')
  const [, query = ''] = splitOnce(beforeFragment, '?')
  const errors: FieldError[] = []
  if (scheme.toLowerCase() !== 'https')
    errors.push(invalid(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`))
  if (host === '') errors.push(invalid(path, host, `host must be specified${form}`))
  if (user !== undefined) errors.push(invalid(path, user, 'user information is not permitted in the URL'))
  if (fragment !== '') errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'))
  if (query !== '') errors.push(invalid(path, query, 'query parameters are not permitted in the URL'))
  return errors
}

function splitOnce(text: string, separator: string): [string, string?] {
  const index = text.indexOf(separator)
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}

function serviceErrors(
  { name = '', namespace = '', path: urlPath = '', port = 443 }: NonNullable<WebhookClientConfig['service']>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  // The original passes these two in the wrong order, and so it names the other one.
  if (namespace === '') errors.push(required(child(path, 'name')))
  if (name === '') errors.push(required(child(path, 'namespace')))
  if (port < 1 || port > 65_535)
    errors.push(
      invalid(child(path, 'port'), port, 'port is not valid: must be between 1 and 65535, inclusive'),
    )
  return [...errors, ...servicePathErrors(urlPath, child(path, 'path'))]
}

function servicePathErrors(text: string, path: FieldPath): FieldError[] {
  if (text === '' || text === '/') return []
  if (text === '//') return [invalid(path, text, 'segment[0] may not be empty')]
  const segments = text.slice(1).replace(/\/$/, '').split('/')
  return [
    ...(text.startsWith('/') ? [] : [invalid(path, text, "must start with a '/'")]),
    ...segments.flatMap((segment, index) =>
      segment === ''
        ? [invalid(path, text, `segment[${index}] may not be empty`)]
        : subdomainProblems(segment).map((problem) => invalid(path, text, `segment[${index}]: ${problem}`)),
    ),
  ]
}
