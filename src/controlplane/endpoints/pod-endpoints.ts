import { isJsonObject, type JsonObject } from '../api/json.ts'
import { badRequest, conflict } from '../api/status.ts'
import { type BodyFormat, decodeBody } from '../codec/index.ts'
import { negotiate } from '../http/accept.ts'
import { objectAnswer, type WholeAnswer } from '../http/answer.ts'
import { type KubeObject, type ResourceType, withMeta } from '../registry/index.ts'
import { admissionRequest, type Intent } from './admit.ts'
import { settling } from './aftermath.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import type { ObjectRequest } from './resource-request.ts'
import type { SpecialEndpoints } from './resource-router.ts'
import { requireDryRun, writeOptions } from './write-options.ts'

const FORMATS: readonly BodyFormat[] = ['json', 'yaml', 'protobuf']
const PODS = { group: '', resource: 'pods' }
const BINDING = { apiVersion: 'v1', kind: 'Binding' }
const EVICTION = { apiVersion: 'policy/v1', kind: 'Eviction' }
const BINDING_KIND = { group: '', version: 'v1', kind: 'Binding' }
const EVICTION_KIND = { group: 'policy', version: 'v1', kind: 'Eviction' }
const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

/** What a scheduler and a drain do with pods. */
export function podEndpoints(components: EndpointComponents, pods: ResourceType): SpecialEndpoints {
  const bind = (request: ObjectRequest) => bindPod(components, bindable(pods), request)
  return {
    '/bindings': { POST: bind },
    '/pods/binding': { POST: bind },
    '/pods/eviction': { POST: (request) => evictPod(components, pods, request) },
  }
}

/** Of a pod, what a binding changes is nobody else's to change, so the rules of an update do not apply. */
function bindable(pods: ResourceType): ResourceType {
  const strategy = { ...pods.strategy, prepareForUpdate: (pod: KubeObject) => pod, validateUpdate: () => [] }
  return { ...pods, strategy }
}

/** Where a pod runs is no change of what is wanted of it. */
function sameGeneration({ metadata: { generation } }: KubeObject, pod: KubeObject): KubeObject {
  return withMeta(pod, { generation })
}

/** Puts a pod on a node (kubernetes, pkg/registry/core/pod/storage). */
async function bindPod(
  components: EndpointComponents,
  pods: ResourceType,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const options = writeOptions(request, 'CreateOptions')
  const { format } = negotiate(request.headers.accept, { formats: FORMATS })
  const body = await request.readBody()
  const decoded = decodeBody(body, request.headers['content-type'], BINDING, options.fieldValidation)
  const given = withMetadata(decoded.object)
  const name = request.info.name || (given.metadata.name ?? '')
  const { dryRun } = options
  const intent = { subresource: 'binding', objectKind: BINDING_KIND, name, dryRun, options: options.object }
  const binding = await admitCreated(components, pods, request, given, intent, (admitted) => {
    if (admitted.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object')
    nodeOf(admitted)
  })
  const node = nodeOf(binding)
  const target = { namespace: request.info.namespace, name }
  const updateOptions = { dryRun, settle: sameGeneration }
  await components.registry.update(pods, target, (pod) => bound(pod, node, binding), updateOptions)
  return objectAnswer(201, SUCCESS, format)
}

function withMetadata(object: JsonObject): KubeObject {
  return { ...object, metadata: object.metadata ?? {} } as KubeObject
}

/** What a client has sent to a subresource, as it is admitted. `check` throws what is wrong with it before all judge it. */
function admitCreated(
  components: EndpointComponents,
  pods: ResourceType,
  request: ObjectRequest,
  object: KubeObject,
  intent: Pick<Intent, 'subresource' | 'objectKind' | 'name' | 'dryRun' | 'options'>,
  check: (object: KubeObject) => void,
): Promise<KubeObject> {
  const { admission } = components
  return settling(async ({ afterwards }) => {
    const created = { operation: 'CREATE', object, oldObject: undefined, afterwards } as const
    const admitted = await admission.mutate(admissionRequest(request, pods, { ...created, ...intent }))
    const changed = admitted.object as KubeObject
    check(changed)
    await admission.validate(admitted)
    return changed
  })
}

/** @throws StatusError BadRequest */
function nodeOf({ target }: KubeObject): string {
  const { kind, name } = isJsonObject(target) ? target : {}
  if (kind !== undefined && kind !== '' && kind !== 'Node')
    throw badRequest('Binding.target.kind: Unsupported value: must be "Node" or empty')
  if (typeof name !== 'string' || name === '') throw badRequest('Binding.target.name: Required value')
  return name
}

/** @throws StatusError Conflict when it cannot be put anywhere any more */
function bound(pod: KubeObject, node: string, binding: KubeObject): KubeObject {
  const { name = '', uid } = pod.metadata
  const spec = isJsonObject(pod.spec) ? pod.spec : {}
  const wantedUid = binding.metadata.uid
  if (wantedUid !== undefined && wantedUid !== '' && wantedUid !== uid) {
    throw conflict(
      PODS,
      name,
      `Precondition failed: UID in precondition: ${wantedUid}, UID in object meta: ${uid}`,
    )
  }
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(PODS, name, `pod ${name} is being deleted, cannot be assigned to a host`)
  if (typeof spec.nodeName === 'string' && spec.nodeName !== '')
    throw conflict(PODS, name, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`)
  const status = isJsonObject(pod.status) ? pod.status : {}
  const conditions = Array.isArray(status.conditions) ? status.conditions : []
  const others = conditions.filter((each) => isJsonObject(each) && each.type !== 'PodScheduled')
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: `${new Date().toISOString().slice(0, 19)}Z`,
  }
  const annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations }
  return {
    ...(Object.keys(annotations).length > 0 ? withMeta(pod, { annotations }) : pod),
    spec: { ...spec, nodeName: node },
    status: { ...status, conditions: [...others, scheduled] },
  }
}

/** Deletes a pod in the way in which a drained node is emptied. */
async function evictPod(
  components: EndpointComponents,
  pods: ResourceType,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const { format } = negotiate(request.headers.accept, { formats: FORMATS })
  const body = await request.readBody()
  const { object } = decodeBody(body, request.headers['content-type'], EVICTION)
  const { name, namespace } = request.info
  const createOptions = writeOptions(request, 'CreateOptions')
  const intent = {
    subresource: 'eviction',
    objectKind: EVICTION_KIND,
    name,
    dryRun: createOptions.dryRun,
    options: createOptions.object,
  }
  const eviction = await admitCreated(
    components,
    pods,
    request,
    withMetadata(object),
    intent,
    ({ metadata }) => {
      if (metadata.name !== undefined && metadata.name !== name)
        throw badRequest('name in URL does not match name in Eviction object')
    },
  )
  const options: JsonObject = isJsonObject(eviction.deleteOptions) ? eviction.deleteOptions : {}
  const isDryRun = requireDryRun(
    Array.isArray(options.dryRun) ? options.dryRun.map(String) : [],
    'DeleteOptions',
  )
  const preconditions = isJsonObject(options.preconditions) ? options.preconditions : {}
  await components.registry.delete(
    pods,
    { namespace, name },
    {
      dryRun: isDryRun || createOptions.dryRun,
      preconditions: { uid: typeof preconditions.uid === 'string' ? preconditions.uid : undefined },
      gracePeriodSeconds:
        typeof options.gracePeriodSeconds === 'number' ? options.gracePeriodSeconds : undefined,
    },
  )
  return objectAnswer(201, SUCCESS, format)
}
