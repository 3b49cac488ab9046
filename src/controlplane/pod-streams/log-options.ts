import { type FieldError, forbidden, invalid, notSupported } from '../api/field-error.ts'
import { queryInteger } from '../api/go-integer.ts'
import { isTrue } from '../api/request-info.ts'
import { badRequest, invalidObject } from '../api/status.ts'
import type { LogOptions } from './pod-runtime.ts'

const KIND = { group: '', kind: 'PodLogOptions' }
const STREAMS = ['All', 'Stdout', 'Stderr'] as const
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const TIME_LAYOUT = '2006-01-02T15:04:05Z07:00'

/**
 * What of a log a client wants (kubernetes, ValidatePodLogOptions). Its container may be empty yet.
 *
 * @throws StatusError BadRequest for what cannot be read, Invalid for what is not possible
 */
export function logOptions(query: URLSearchParams, podName: string): LogOptions {
  const tailLines = queryInteger(query, 'tailLines')
  const limitBytes = queryInteger(query, 'limitBytes')
  const sinceSeconds = queryInteger(query, 'sinceSeconds')
  const sinceTime = time(query.get('sinceTime') ?? '')
  const stream = query.get('stream') || 'All'
  const errors: FieldError[] = []
  if (tailLines !== undefined && tailLines < 0)
    errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1)
    errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'))
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  errors.push(...streamErrors(stream, tailLines))
  if (errors.length > 0) throw invalidObject(KIND, podName, errors)
  return {
    container: query.get('container') ?? '',
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(stream === 'All' ? {} : { stream: stream === 'Stdout' ? 'stdout' : 'stderr' }),
  }
}

function streamErrors(stream: string, tailLines: number | undefined): FieldError[] {
  if (!(STREAMS as readonly string[]).includes(stream)) return [notSupported('stream', stream, STREAMS)]
  if (stream === 'All' || tailLines === undefined) return []
  return [forbidden('', '`tailLines` and specific `stream` are mutually exclusive for now')]
}

function time(text: string): string | undefined {
  if (text === '') return undefined
  if (RFC_3339.test(text) && !Number.isNaN(Date.parse(text))) return text
  const shown = JSON.stringify(text)
  throw badRequest(`parsing time ${shown} as "${TIME_LAYOUT}": cannot parse ${shown} as "2006"`)
}
