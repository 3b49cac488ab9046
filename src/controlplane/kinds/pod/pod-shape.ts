import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { Labels, StructuredLabelSelector } from '../../selectors/index.ts'

/**
 * A pod as the API has it in JSON (k8s.io/api, core/v1), as far as the server looks into it. What is not there is absent, never null:
 * bodies have been normalised before.
 */

export type ResourceList = Readonly<Record<string, string>>

export interface ResourceRequirements extends JsonObject {
  readonly limits?: ResourceList
  readonly requests?: ResourceList
  readonly claims?: readonly ResourceClaim[]
}

export interface ResourceClaim extends JsonObject {
  readonly name: string
  readonly request?: string
}

export interface ContainerPort extends JsonObject {
  readonly name?: string
  readonly hostPort?: number
  readonly containerPort: number
  readonly protocol?: string
  readonly hostIP?: string
}

export interface FieldSelector extends JsonObject {
  readonly apiVersion?: string
  readonly fieldPath: string
}

export interface ResourceFieldSelector extends JsonObject {
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: string
}

export interface KeySelector extends JsonObject {
  readonly name?: string
  readonly key: string
}

export interface EnvVar extends JsonObject {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: EnvVarSource
}

export interface EnvVarSource extends JsonObject {
  readonly fieldRef?: FieldSelector
  readonly resourceFieldRef?: ResourceFieldSelector
  readonly configMapKeyRef?: KeySelector
  readonly secretKeyRef?: KeySelector
  readonly fileKeyRef?: FileKeySelector
}

export interface FileKeySelector extends JsonObject {
  readonly volumeName: string
  readonly path: string
  readonly key: string
}

export interface EnvFromSource extends JsonObject {
  readonly prefix?: string
  readonly configMapRef?: NamedReference
  readonly secretRef?: NamedReference
}

export interface NamedReference extends JsonObject {
  readonly name?: string
}

export interface VolumeMount extends JsonObject {
  readonly name: string
  readonly readOnly?: boolean
  readonly recursiveReadOnly?: string
  readonly mountPath: string
  readonly subPath?: string
  readonly subPathExpr?: string
  readonly mountPropagation?: string
}

export interface VolumeDevice extends JsonObject {
  readonly name: string
  readonly devicePath: string
}

/** Of a probe, or of a container's life. */
export interface Handler extends JsonObject {
  readonly exec?: JsonObject & { readonly command?: readonly string[] }
  readonly httpGet?: HttpGet
  readonly tcpSocket?: JsonObject & { readonly port: number | string }
  readonly grpc?: JsonObject & { readonly port: number; readonly service?: string }
  readonly sleep?: JsonObject & { readonly seconds: number }
}

export interface HttpGet extends JsonObject {
  readonly path?: string
  readonly port: number | string
  readonly scheme?: string
  readonly httpHeaders?: readonly (JsonObject & { readonly name: string })[]
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

export interface Lifecycle extends JsonObject {
  readonly postStart?: Handler
  readonly preStop?: Handler
  readonly stopSignal?: string
}

export interface TypedProfile extends JsonObject {
  readonly type: string
  readonly localhostProfile?: string
}

export interface SecurityContext extends JsonObject {
  readonly capabilities?: JsonObject & { readonly add?: readonly string[] }
  readonly privileged?: boolean
  readonly windowsOptions?: JsonObject
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly allowPrivilegeEscalation?: boolean
  readonly procMount?: string
  readonly seccompProfile?: TypedProfile
  readonly appArmorProfile?: TypedProfile
}

export interface PodSecurityContext extends JsonObject {
  readonly windowsOptions?: JsonObject
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: string
  readonly fsGroup?: number
  readonly fsGroupChangePolicy?: string
  readonly sysctls?: readonly (JsonObject & { readonly name: string; readonly value: string })[]
  readonly seccompProfile?: TypedProfile
  readonly appArmorProfile?: TypedProfile
  readonly seLinuxChangePolicy?: string
}

export interface ResizePolicy extends JsonObject {
  readonly resourceName: string
  readonly restartPolicy: string
}

export interface Container extends JsonObject {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly ContainerPort[]
  readonly envFrom?: readonly EnvFromSource[]
  readonly env?: readonly EnvVar[]
  readonly resources?: ResourceRequirements
  readonly resizePolicy?: readonly ResizePolicy[]
  readonly restartPolicy?: string
  readonly restartPolicyRules?: readonly JsonObject[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly volumeDevices?: readonly VolumeDevice[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: Lifecycle
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: string
  readonly imagePullPolicy?: string
  readonly securityContext?: SecurityContext
}

export interface EphemeralContainer extends Container {
  readonly targetContainerName?: string
}

export interface KeyToPath extends JsonObject {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

export interface DownwardFile extends JsonObject {
  readonly path: string
  readonly fieldRef?: FieldSelector
  readonly resourceFieldRef?: ResourceFieldSelector
  readonly mode?: number
}

/** What becomes files, of a ConfigMap or a Secret. */
export interface KeyedFiles extends JsonObject {
  readonly name?: string
  readonly secretName?: string
  readonly items?: readonly KeyToPath[]
  readonly defaultMode?: number
}

export interface DownwardFiles extends JsonObject {
  readonly items?: readonly DownwardFile[]
  readonly defaultMode?: number
}

export interface TokenFile extends JsonObject {
  readonly audience?: string
  readonly expirationSeconds?: number
  readonly path: string
}

export interface Projection extends JsonObject {
  readonly secret?: KeyedFiles
  readonly configMap?: KeyedFiles
  readonly downwardAPI?: DownwardFiles
  readonly serviceAccountToken?: TokenFile
}

export interface ClaimTemplate extends JsonObject {
  readonly metadata?: JsonObject
  readonly spec: ClaimSpec
}

export interface ClaimSpec extends JsonObject {
  readonly accessModes?: readonly string[]
  readonly selector?: StructuredLabelSelector & JsonObject
  readonly resources?: ResourceRequirements
  readonly volumeName?: string
  readonly storageClassName?: string
  readonly volumeMode?: string
}

export interface Volume extends JsonObject {
  readonly name: string
  readonly emptyDir?: JsonObject & { readonly sizeLimit?: string }
  readonly hostPath?: JsonObject & { readonly path: string; readonly type?: string }
  readonly secret?: KeyedFiles
  readonly configMap?: KeyedFiles
  readonly downwardAPI?: DownwardFiles
  readonly projected?: JsonObject & {
    readonly sources?: readonly Projection[] | null
    readonly defaultMode?: number
  }
  readonly persistentVolumeClaim?: JsonObject & { readonly claimName: string }
  readonly csi?: JsonObject & { readonly driver: string; readonly nodePublishSecretRef?: NamedReference }
  readonly ephemeral?: JsonObject & { readonly volumeClaimTemplate?: ClaimTemplate }
  readonly image?: JsonObject & { readonly reference?: string; readonly pullPolicy?: string }
  readonly nfs?: JsonObject & { readonly server: string; readonly path: string }
}

export interface Toleration extends JsonObject {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export interface NodeSelectorRequirement extends JsonObject {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface NodeSelectorTerm extends JsonObject {
  readonly matchExpressions?: readonly NodeSelectorRequirement[]
  readonly matchFields?: readonly NodeSelectorRequirement[]
}

export interface NodeSelector extends JsonObject {
  readonly nodeSelectorTerms: readonly NodeSelectorTerm[] | null
}

export interface PodAffinityTerm extends JsonObject {
  readonly labelSelector?: StructuredLabelSelector & JsonObject
  readonly namespaces?: readonly string[]
  readonly topologyKey: string
  readonly namespaceSelector?: StructuredLabelSelector & JsonObject
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}

export interface PodAffinity extends JsonObject {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly (JsonObject & {
    readonly weight: number
    readonly podAffinityTerm: PodAffinityTerm
  })[]
}

export interface NodeAffinity extends JsonObject {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly (JsonObject & {
    readonly weight: number
    readonly preference: NodeSelectorTerm
  })[]
}

export interface Affinity extends JsonObject {
  readonly nodeAffinity?: NodeAffinity
  readonly podAffinity?: PodAffinity
  readonly podAntiAffinity?: PodAffinity
}

export interface TopologySpreadConstraint extends JsonObject {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly whenUnsatisfiable: string
  readonly labelSelector?: StructuredLabelSelector & JsonObject
  readonly minDomains?: number
  readonly nodeAffinityPolicy?: string
  readonly nodeTaintsPolicy?: string
  readonly matchLabelKeys?: readonly string[]
}

export interface DnsConfig extends JsonObject {
  readonly nameservers?: readonly string[]
  readonly searches?: readonly string[]
  readonly options?: readonly (JsonObject & { readonly name?: string })[]
}

export interface PodResourceClaim extends JsonObject {
  readonly name: string
  readonly resourceClaimName?: string
  readonly resourceClaimTemplateName?: string
}

export interface PodSpec extends JsonObject {
  readonly volumes?: readonly Volume[]
  readonly initContainers?: readonly Container[]
  readonly containers?: readonly Container[] | null
  readonly ephemeralContainers?: readonly EphemeralContainer[]
  readonly restartPolicy?: string
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly dnsPolicy?: string
  readonly nodeSelector?: Labels
  readonly serviceAccountName?: string
  readonly serviceAccount?: string
  readonly nodeName?: string
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly hostUsers?: boolean
  readonly shareProcessNamespace?: boolean
  readonly securityContext?: PodSecurityContext
  readonly imagePullSecrets?: readonly NamedReference[]
  readonly hostname?: string
  readonly subdomain?: string
  readonly affinity?: Affinity
  readonly schedulerName?: string
  readonly tolerations?: readonly Toleration[]
  readonly hostAliases?: readonly (JsonObject & {
    readonly ip: string
    readonly hostnames?: readonly string[]
  })[]
  readonly priorityClassName?: string
  readonly priority?: number
  readonly dnsConfig?: DnsConfig
  readonly readinessGates?: readonly (JsonObject & { readonly conditionType: string })[]
  readonly runtimeClassName?: string
  readonly enableServiceLinks?: boolean
  readonly preemptionPolicy?: string
  readonly overhead?: ResourceList
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[]
  readonly os?: JsonObject & { readonly name: string }
  readonly schedulingGates?: readonly (JsonObject & { readonly name: string })[]
  readonly resourceClaims?: readonly PodResourceClaim[]
  readonly resources?: ResourceRequirements
}

export interface PodTemplateSpec extends JsonObject {
  readonly metadata?: JsonObject & { readonly labels?: Labels; readonly annotations?: Labels }
  readonly spec?: PodSpec
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec
  readonly status?: JsonObject & { readonly phase?: string; readonly qosClass?: string }
}
