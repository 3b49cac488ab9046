import type { Deployment } from '../apis/apps/v1.ts'
import type { EnvVar, PodSpec } from '../apis/core/v1.ts'
import {
  CONTROLLER_PROBES,
  DEFAULT_RESOURCES,
  envFromField,
  RESTRICTED,
  spreadPods,
  TEMPORARY_FILES,
} from './controller-pod.ts'

export interface OperatorDeploymentOptions {
  /** Also its `app` label, and the name of its service account. */
  readonly name: string
  readonly namespace: string
  readonly container: string
  readonly image: string
  /** @default IfNotPresent */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly replicas: number
  /** The executable and its arguments: images of the original have no entry point. */
  readonly args: readonly string[]
  /** Beside `POD_NAME`. @default none */
  readonly env?: readonly EnvVar[]
  /** @default 2m of CPU and 16Mi of memory */
  readonly resources?: object
  readonly podAnnotations?: Readonly<Record<string, string>>
  /** More for the Pod's spec: where it may run, its priority. */
  readonly pod?: Pick<PodSpec, 'nodeSelector' | 'tolerations' | 'priorityClassName' | 'affinity'>
}

/** The Deployment of an operator: `cluster-manager` on a hub, `klusterlet` on a managed cluster. */
export function operatorDeployment(options: OperatorDeploymentOptions): Deployment {
  const { name, namespace, container, image, replicas, args, podAnnotations } = options
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, ...(podAnnotations && { annotations: podAnnotations }) },
        spec: {
          affinity: spreadPods(name),
          ...options.pod,
          securityContext: { runAsNonRoot: true },
          serviceAccountName: name,
          containers: [
            {
              name: container,
              image,
              imagePullPolicy: options.imagePullPolicy ?? 'IfNotPresent',
              args,
              env: [envFromField('POD_NAME', 'metadata.name'), ...(options.env ?? [])],
              securityContext: RESTRICTED,
              ...CONTROLLER_PROBES,
              resources: options.resources ?? DEFAULT_RESOURCES,
              volumeMounts: [TEMPORARY_FILES.mount],
            },
          ],
          volumes: [TEMPORARY_FILES.volume],
        },
      },
    },
  }
}
