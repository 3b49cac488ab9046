import type { Container, EnvVar, PodSpec, Probe, SecurityContext } from '../apis/core/v1.ts'

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

/** Liveness every ten seconds, readiness at the same place unless another path is given. */
export function probes(
  httpGet: HttpProbe,
  readyPath: string = httpGet.path,
): Pick<Container, 'livenessProbe' | 'readinessProbe'> {
  const readiness: Probe = { httpGet: { ...httpGet, path: readyPath }, initialDelaySeconds: 2 }
  return { livenessProbe: { httpGet, initialDelaySeconds: 2, periodSeconds: 10 }, readinessProbe: readiness }
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
