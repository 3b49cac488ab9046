import type { KubeObject, LabelSelector, Time } from '../meta/v1.ts'
import type { NodeAffinity, ResourceList } from './node.ts'
import type { Volume } from './volume.ts'

/** The parts of a Pod (`v1`) that this project reads or writes. */

export interface Pod extends KubeObject {
  readonly spec?: PodSpec
  readonly status?: PodStatus
}

export interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  /** @default Always */
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity; readonly podAntiAffinity?: PodAntiAffinity }
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly securityContext?: { readonly runAsNonRoot?: boolean }
  /** @default default-scheduler */
  readonly schedulerName?: string
  /** It waits until all are gone. */
  readonly schedulingGates?: readonly { readonly name: string }[]
  readonly hostname?: string
  readonly subdomain?: string
  readonly setHostnameAsFQDN?: boolean
  readonly hostNetwork?: boolean
  readonly hostAliases?: readonly HostAlias[]
  readonly dnsPolicy?: string
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  /** Environment variables for the Services of the namespace. @default true */
  readonly enableServiceLinks?: boolean
  /** @default 30 */
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly tolerations?: readonly Toleration[]
  readonly priority?: number
  readonly priorityClassName?: string
  /** What running it takes beside its containers. */
  readonly overhead?: ResourceList
}

/** Pods that this one had better not be near to. */
export interface PodAntiAffinity {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    /** 1 to 100. */
    readonly weight: number
    readonly podAffinityTerm: { readonly topologyKey: string; readonly labelSelector?: LabelSelector }
  }[]
}

export interface Toleration {
  readonly key?: string
  /** @default Equal */
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export interface HostAlias {
  readonly ip: string
  readonly hostnames?: readonly string[]
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFromSource[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly resources?: ResourceRequirements
  readonly securityContext?: SecurityContext
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly lifecycle?: Lifecycle
  /** Of an init container: it goes on beside the others. */
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  readonly stdin?: boolean
  readonly stdinOnce?: boolean
  readonly tty?: boolean
}

export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly hostPort?: number
  readonly protocol?: string
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: EnvVarSource
}

export interface EnvVarSource {
  readonly fieldRef?: ObjectFieldSelector
  readonly resourceFieldRef?: ResourceFieldSelector
  readonly configMapKeyRef?: KeySelector
  readonly secretKeyRef?: KeySelector
}

export interface ObjectFieldSelector {
  readonly apiVersion?: string
  readonly fieldPath: string
}

export interface ResourceFieldSelector {
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: string
}

/** A key of a ConfigMap or Secret. */
export interface KeySelector {
  readonly name?: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvFromSource {
  readonly prefix?: string
  readonly configMapRef?: { readonly name?: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean }
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
  readonly subPathExpr?: string
  readonly readOnly?: boolean
}

export interface ResourceRequirements {
  readonly limits?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, string>>
}

/** What a container may do on its node. */
export interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly privileged?: boolean
  readonly runAsNonRoot?: boolean
  readonly readOnlyRootFilesystem?: boolean
}

/** A port by its number, or by its name in the container. */
export type PortReference = number | string

export interface ExecAction {
  readonly command?: readonly string[]
}

export interface HTTPGetAction {
  readonly path?: string
  readonly port: PortReference
  readonly host?: string
  /** @default HTTP */
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

export interface Probe {
  readonly exec?: ExecAction
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: { readonly port: PortReference; readonly host?: string }
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly initialDelaySeconds?: number
  /** @default 1 */
  readonly timeoutSeconds?: number
  /** @default 10 */
  readonly periodSeconds?: number
  /** @default 1 */
  readonly successThreshold?: number
  /** @default 3 */
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

export interface LifecycleHandler {
  readonly exec?: ExecAction
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: { readonly port: PortReference; readonly host?: string }
  readonly sleep?: { readonly seconds: number }
}

export interface Lifecycle {
  readonly postStart?: LifecycleHandler
  readonly preStop?: LifecycleHandler
  /** @default SIGTERM */
  readonly stopSignal?: string
}

export interface PodStatus {
  readonly observedGeneration?: number
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly conditions?: readonly PodCondition[]
  readonly message?: string
  readonly reason?: string
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip?: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip?: string }[]
  readonly startTime?: Time
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort'
}

/** Unlike other kinds' conditions, it need not say why. */
export interface PodCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly observedGeneration?: number
  readonly lastProbeTime?: Time | null
  readonly lastTransitionTime?: Time | null
  readonly reason?: string
  readonly message?: string
}

export interface ContainerStatus {
  readonly name: string
  readonly state?: ContainerState
  readonly lastState?: ContainerState
  readonly ready: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  /** Whether it has passed its startup probe, and its postStart hook. */
  readonly started?: boolean
}

/** One of the three; none is waiting. */
export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: Time }
  readonly terminated?: ContainerStateTerminated
}

export interface ContainerStateTerminated {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: Time
  readonly finishedAt?: Time
  readonly containerID?: string
}
