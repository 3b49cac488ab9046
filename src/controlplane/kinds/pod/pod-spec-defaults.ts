import { containerDefaults, resourceListDefaults, resourcesDefaults } from './container-defaults.ts'
import type { PodSpec, PodTemplateSpec } from './pod-shape.ts'
import { volumeDefaults } from './volume-defaults.ts'

const GRACE_SECONDS = 30

/**
 * What a client may leave out of a pod's spec, in a pod or in a template. The fields come in no particular order: whoever writes
 * the object puts them in Go's.
 */
export function podSpecDefaults(spec: PodSpec): PodSpec {
  const { volumes, initContainers, containers, ephemeralContainers, overhead, resources } = spec
  return {
    ...spec,
    ...serviceAccountNames(spec),
    ...(volumes ? { volumes: volumes.map(volumeDefaults) } : {}),
    ...(initContainers ? { initContainers: initContainers.map(containerDefaults) } : {}),
    ...(containers ? { containers: containers.map(containerDefaults) } : {}),
    ...(ephemeralContainers ? { ephemeralContainers: ephemeralContainers.map(containerDefaults) } : {}),
    ...(overhead ? { overhead: resourceListDefaults(overhead) } : {}),
    ...(resources ? { resources: resourcesDefaults(resources) } : {}),
    dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
    restartPolicy: spec.restartPolicy || 'Always',
    securityContext: spec.securityContext ?? {},
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? GRACE_SECONDS,
    schedulerName: spec.schedulerName || 'default-scheduler',
  }
}

/** As `podSpecDefaults`, of the template of a Deployment and its like. */
export function podTemplateDefaults(template: PodTemplateSpec): PodTemplateSpec {
  return { ...template, spec: podSpecDefaults(template.spec ?? {}) }
}

/** The old name of the field says the same as the new one, which counts. */
function serviceAccountNames({ serviceAccountName, serviceAccount }: PodSpec): Partial<PodSpec> {
  const name = serviceAccountName || serviceAccount
  return name ? { serviceAccountName: name, serviceAccount: name } : {}
}
