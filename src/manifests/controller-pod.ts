import type { Container, EnvVar, PodSpec, SecurityContext } from '../apis/core/v1.ts'

/** What the Pods of all controllers, operators and webhook servers have in common. */

/** The least rights that a process can have. */
export const RESTRICTED: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
}

/** What a container asks for where nobody says otherwise. */
export const DEFAULT_RESOURCES = { requests: { cpu: '2m', memory: '16Mi' } } as const

/** A container that is not ready by then is started anew. */
const STARTUP_SECONDS = 120

/** Controllers say on their HTTPS port whether they are well. */
export const CONTROLLER_PROBES = probes({ path: '/healthz', scheme: 'HTTPS', port: 8443 })

/** Nothing but this can be written to in a container with a read-only root. */
export const TEMPORARY_FILES = {
  volume: { name: 'tmpdir', emptyDir: {} },
  mount: { name: 'tmpdir', mountPath: '/tmp' },
} as const

interface HttpProbe {
  readonly path: string
  readonly scheme: 'HTTP' | 'HTTPS'
  readonly port: number
}

/**
 * Liveness every ten seconds, readiness at the same place unless another path is given. Until a container is ready for the first
 * time it is asked every second, so that whoever waits for it waits no longer than it takes.
 */
export function probes(
  httpGet: HttpProbe,
  readyPath: string = httpGet.path,
): Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const ready = { httpGet: { ...httpGet, path: readyPath } }
  return {
    startupProbe: { ...ready, periodSeconds: 1, failureThreshold: STARTUP_SECONDS },
    livenessProbe: { httpGet, initialDelaySeconds: 2, periodSeconds: 10 },
    readinessProbe: ready,
  }
}

/** An environment variable with a field of the Pod. */
export function envFromField(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } }
}

/** Pods with this `app` label are rather not put into one zone, or on one node. */
export function spreadPods(app: string): NonNullable<PodSpec['affinity']> {
  const labelSelector = { matchExpressions: [{ key: 'app', operator: 'In', values: [app] }] } as const
  const apart = (weight: number, topologyKey: string) => ({
    weight,
    podAffinityTerm: { topologyKey, labelSelector },
  })
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        apart(70, 'failure-domain.beta.kubernetes.io/zone'),
        apart(30, 'kubernetes.io/hostname'),
      ],
    },
  }
}
