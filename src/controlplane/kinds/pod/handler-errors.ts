import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import { nonNegativeErrors, portErrors } from '../field-checks/index.ts'
import type { Handler, HttpGet, Lifecycle, Probe } from './pod-shape.ts'

const HEADER = '[-A-Za-z0-9]+'

/** What is wrong with the probes of a container and with what it does at its beginning and its end. */

export function livenessProbeErrors(probe: Probe, path: string): FieldError[] {
  return [
    ...probeErrors(probe, path),
    ...(probe.successThreshold === 1
      ? []
      : [invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1')]),
  ]
}

/** A startup probe has the rules of a liveness probe. */
export const startupProbeErrors = livenessProbeErrors

export function readinessProbeErrors(probe: Probe, path: string): FieldError[] {
  const { terminationGracePeriodSeconds: seconds } = probe
  return [
    ...probeErrors(probe, path),
    ...(seconds === undefined
      ? []
      : [invalid(`${path}.terminationGracePeriodSeconds`, seconds, 'must not be set for readinessProbes')]),
  ]
}

/** @param graceSeconds how long the pod is given to end */
export function lifecycleErrors(
  { postStart, preStop }: Lifecycle,
  graceSeconds: number | undefined,
  path: string,
): FieldError[] {
  return [
    ...(postStart ? handlerErrors(postStart, graceSeconds, `${path}.postStart`) : []),
    ...(preStop ? handlerErrors(preStop, graceSeconds, `${path}.preStop`) : []),
  ]
}

function probeErrors(probe: Probe, path: string): FieldError[] {
  const { terminationGracePeriodSeconds: seconds } = probe
  return [
    ...handlerErrors(probe, undefined, path),
    ...nonNegativeErrors(probe.initialDelaySeconds, `${path}.initialDelaySeconds`),
    ...nonNegativeErrors(probe.timeoutSeconds, `${path}.timeoutSeconds`),
    ...nonNegativeErrors(probe.periodSeconds, `${path}.periodSeconds`),
    ...nonNegativeErrors(probe.successThreshold, `${path}.successThreshold`),
    ...nonNegativeErrors(probe.failureThreshold, `${path}.failureThreshold`),
    ...(seconds !== undefined && seconds <= 0
      ? [invalid(`${path}.terminationGracePeriodSeconds`, seconds, 'must be greater than 0')]
      : []),
  ]
}

function handlerErrors(handler: Handler, graceSeconds: number | undefined, path: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const checks: readonly (readonly [name: string, errors: FieldError[] | undefined])[] = [
    ['exec', exec && (exec.command?.length ? [] : [required(`${path}.exec.command`)])],
    ['httpGet', httpGet && httpGetErrors(httpGet, `${path}.httpGet`)],
    ['tcpSocket', tcpSocket && portErrors(tcpSocket.port, `${path}.tcpSocket.port`)],
    ['grpc', grpc && portErrors(grpc.port, `${path}.grpc.port`)],
    ['sleep', sleep && sleepErrors(sleep.seconds, graceSeconds, `${path}.sleep`)],
  ]
  const present = checks.filter(([, errors]) => errors !== undefined)
  if (present.length === 0) return [required(path, 'must specify a handler type')]
  return present.flatMap(([name, errors = []], index) =>
    index === 0 ? errors : [forbidden(`${path}.${name}`, 'may not specify more than 1 handler type')],
  )
}

function httpGetErrors(
  { path: urlPath = '', port, scheme = '', httpHeaders }: HttpGet,
  path: string,
): FieldError[] {
  return [
    ...(urlPath === '' ? [required(`${path}.path`)] : []),
    ...portErrors(port, `${path}.port`),
    ...(scheme === 'HTTP' || scheme === 'HTTPS'
      ? []
      : [notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS'])]),
    ...(httpHeaders ?? [])
      .filter(({ name }) => !new RegExp(`^${HEADER}$`).test(name))
      .map(({ name }) =>
        invalid(
          `${path}.httpHeaders`,
          name,
          `a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '${HEADER}')`,
        ),
      ),
  ]
}

function sleepErrors(seconds: number, graceSeconds: number | undefined, path: string): FieldError[] {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return []
  return [
    invalid(
      path,
      seconds,
      `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`,
    ),
  ]
}
