import type {
  ConfigMap,
  Container,
  EnvFromSource,
  EnvVar,
  KeySelector,
  Pod,
  Secret,
  Service,
} from '../../apis/core/v1.ts'
import { ContainerConfigError } from './errors.ts'
import { expandVariables } from './expansion.ts'
import { fieldValue } from './field-value.ts'
import { resourceValue } from './resource-value.ts'
import { serviceLinks } from './service-links.ts'

/** Where config maps and secrets are read. Undefined for one that is not there. */
export interface ConfigReader {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
}

export interface ContainerEnvironmentInput {
  readonly pod: Pod
  readonly container: Container
  /** Those of the Pod's namespace, and `kubernetes` of `default`; others are ignored. */
  readonly services: readonly Service[]
  readonly objects: ConfigReader
  readonly podIP: string
  readonly hostIP: string
  readonly nodeName: string
  /** What the node has, for limits that a container does not set. @default the machine's */
  readonly allocatable?: Readonly<Record<string, string | number>>
}

/** An object's values as texts, by their keys. */
type Values = ReadonlyMap<string, string>

/** Reads each object once, so that all variables of a container are of one state of it. */
class ReferredValues {
  readonly #objects: ConfigReader
  readonly #namespace: string
  readonly #read = new Map<string, Promise<Values | undefined>>()

  constructor(objects: ConfigReader, namespace: string) {
    this.#objects = objects
    this.#namespace = namespace
  }

  /** Undefined for an optional one that is not there. */
  async of(kind: 'configmap' | 'secret', name: string, isOptional = false): Promise<Values | undefined> {
    const id = `${kind}/${name}`
    const reading = this.#read.get(id) ?? this.#load(kind, name)
    this.#read.set(id, reading)
    const values = await reading
    if (!values && !isOptional) throw new ContainerConfigError(`${kind} "${name}" not found`)
    return values
  }

  async #load(kind: 'configmap' | 'secret', name: string): Promise<Values | undefined> {
    if (kind === 'configmap') {
      const configMap = await this.#objects.configMap(this.#namespace, name)
      return configMap && new Map(Object.entries(configMap.data ?? {}))
    }
    const secret = await this.#objects.secret(this.#namespace, name)
    const texts = Object.entries(secret?.data ?? {}).map(
      ([key, base64]) => [key, Buffer.from(base64, 'base64').toString()] as const,
    )
    return secret && new Map(texts)
  }
}

/**
 * The variables of a container as kubelet makes them: its own, before those of `envFrom`, before those of Services. Its own may
 * refer to any that are set before them, and to Services.
 *
 * @throws ContainerConfigError in kubelet's words where it refers to something that is not there
 */
export async function containerEnvironment(input: ContainerEnvironmentInput): Promise<Map<string, string>> {
  const { pod, container, services, objects } = input
  const { namespace = '' } = pod.metadata
  const links = serviceLinks(services, namespace, pod.spec?.enableServiceLinks ?? true)
  const values = new ReferredValues(objects, namespace)
  const env = new Map<string, string>()
  for (const source of container.envFrom ?? []) await addAll(env, source, values)
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, input, values, (name) => env.get(name) ?? links.get(name))
    if (value !== undefined) env.set(variable.name, value)
  }
  for (const [name, value] of links) if (!env.has(name)) env.set(name, value)
  for (const [name, value] of env) verifyVariable(name, value)
  return env
}

async function addAll(
  env: Map<string, string>,
  source: EnvFromSource,
  values: ReferredValues,
): Promise<void> {
  const { prefix = '', configMapRef, secretRef } = source
  const reference = configMapRef ?? secretRef
  if (!reference) return
  const kind = configMapRef ? 'configmap' : 'secret'
  const found = await values.of(kind, reference.name ?? '', reference.optional)
  for (const [key, value] of found ?? []) env.set(`${prefix}${key}`, value)
}

/** Undefined for an optional one of which there is no value. */
async function variableValue(
  { value = '', valueFrom }: EnvVar,
  input: ContainerEnvironmentInput,
  values: ReferredValues,
  lookUp: (name: string) => string | undefined,
): Promise<string | undefined> {
  if (value !== '' || !valueFrom) return expandVariables(value, lookUp)
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef) return fieldValue(input.pod, fieldRef.fieldPath, input)
  if (resourceFieldRef) {
    const selector = { ...resourceFieldRef, divisor: String(resourceFieldRef.divisor ?? '0') }
    return resourceValue(selector, input.pod, input.container, input.allocatable)
  }
  if (configMapKeyRef) return keyOf('ConfigMap', configMapKeyRef, input.pod, values)
  if (secretKeyRef) return keyOf('Secret', secretKeyRef, input.pod, values)
  throw new ContainerConfigError('this runtime does not know where the value of the variable comes from')
}

async function keyOf(
  kind: 'ConfigMap' | 'Secret',
  { name = '', key, optional = false }: KeySelector,
  { metadata }: Pod,
  values: ReferredValues,
): Promise<string | undefined> {
  const found = await values.of(kind === 'ConfigMap' ? 'configmap' : 'secret', name, optional)
  const value = found?.get(key)
  if (value !== undefined || optional) return value
  throw new ContainerConfigError(`couldn't find key ${key} in ${kind} ${metadata.namespace}/${name}`)
}

/** The system ends both at a NUL, so that what comes after it would be lost. */
function verifyVariable(name: string, value: string): void {
  if (name.includes('\0') || value.includes('\0'))
    throw new ContainerConfigError(`environment variable ${JSON.stringify(name)} holds a NUL byte`)
}
