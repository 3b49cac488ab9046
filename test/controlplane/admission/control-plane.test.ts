import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { patching, WebhookServer } from './webhook-server.ts'

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1'
const MAPS = '/api/v1/namespaces/default/configmaps'
const RULE = {
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
}

let plane: TestControlPlane
let hooks: WebhookServer

beforeAll(async () => {
  plane = await TestControlPlane.start()
  hooks = await WebhookServer.start()
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }
  await plane.admin.post('/api/v1/namespaces', namespace)
})
afterAll(async () => {
  await plane.close()
  await hooks.stop()
})

function configMap(name: string, data: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

function webhook(clientConfig: object, kind: 'Mutating' | 'Validating') {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: 'w' },
    webhooks: [
      {
        name: 'hook.example.com',
        clientConfig,
        rules: [RULE],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  }
}

it('asks a webhook as soon as it is configured, and no longer', async () => {
  const config = hooks.on('/mutate', () => patching({ op: 'add', path: '/data', value: { added: 'x' } }))
  const path = `${REGISTRATION}/mutatingwebhookconfigurations`
  expect((await plane.admin.post(path, webhook(config, 'Mutating'))).status).toBe(201)
  const changed = await plane.admin.post(MAPS, configMap('a'))
  expect(changed.json).toMatchObject({ data: { added: 'x' } })
  expect((await plane.admin.request({ method: 'DELETE', path: `${path}/w` })).status).toBe(200)
  const plain = await plane.admin.post(MAPS, configMap('b', { own: 'y' }))
  expect(plain.json).toMatchObject({ data: { own: 'y' } })
})

it('answers with the status and the warnings of a webhook', async () => {
  const status = { code: 418, reason: 'Teapot', message: 'short and stout' }
  const config = hooks.on('/deny', () => ({ allowed: false, warnings: ['hot'], status }))
  const path = `${REGISTRATION}/validatingwebhookconfigurations`
  expect((await plane.admin.post(path, webhook(config, 'Validating'))).status).toBe(201)
  const denied = await plane.admin.request({ method: 'DELETE', path: `${MAPS}/b` })
  expect(denied.status).toBe(418)
  expect(denied.headers.warning).toBe('299 - "hot"')
  expect(denied.json).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'admission webhook "hook.example.com" denied the request: short and stout',
    reason: 'Teapot',
    code: 418,
  })
  await plane.admin.request({ method: 'DELETE', path: `${path}/w` })
  const { text } = await plane.admin.get('/metrics')
  expect(text).toContain(
    'apiserver_admission_webhook_rejection_count{name="hook.example.com",type="validating",operation="DELETE",error_type="no_error",rejection_code="418"} 1',
  )
})

it('denies by a policy once it is bound', async () => {
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: {
      matchConstraints: { resourceRules: [RULE] },
      validations: [{ expression: '!has(object.data) || !("secret" in object.data)', message: 'no secrets' }],
    },
  }
  const binding = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'q' },
    spec: { policyName: 'p', validationActions: ['Deny'] },
  }
  expect((await plane.admin.post(`${REGISTRATION}/validatingadmissionpolicies`, policy)).status).toBe(201)
  expect((await plane.admin.post(MAPS, configMap('c', { secret: '1' }))).status).toBe(201)
  const bindings = `${REGISTRATION}/validatingadmissionpolicybindings`
  expect((await plane.admin.post(bindings, binding)).status).toBe(201)
  const denied = await plane.admin.post(MAPS, configMap('d', { secret: '1' }))
  expect(denied.json).toMatchObject({
    code: 422,
    message:
      "configmaps \"d\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'q' denied request: no secrets",
  })
  expect((await plane.admin.post(MAPS, configMap('e', { open: '1' }))).status).toBe(201)
})

it('changes objects by a policy, also custom ones', async () => {
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const sites = { ...RULE, apiGroups: ['', 'example.com'], resources: ['configmaps', 'sites'] }
  const apply = (expression: string) => ({
    patchType: 'ApplyConfiguration',
    applyConfiguration: { expression },
  })
  const policy = {
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: 'm' },
    spec: {
      matchConstraints: { resourceRules: [sites] },
      reinvocationPolicy: 'Never',
      mutations: [
        apply('Object{metadata: Object.metadata{annotations: {"by": request.userInfo.username}}}'),
        {
          patchType: 'JSONPatch',
          jsonPatch: {
            expression: 'object.kind == "Site" ? [JSONPatch{op: "add", path: "/spec/size", value: 3}] : []',
          },
        },
      ],
    },
  }
  const binding = {
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: 'm' },
    spec: { policyName: 'm' },
  }
  expect((await plane.admin.post(`${REGISTRATION}/mutatingadmissionpolicies`, policy)).status).toBe(201)
  expect((await plane.admin.post(`${REGISTRATION}/mutatingadmissionpolicybindings`, binding)).status).toBe(
    201,
  )
  const changed = await plane.admin.post(MAPS, configMap('m', { own: 'y' }))
  expect(changed.json).toMatchObject({
    metadata: { annotations: { by: 'system:admin' } },
    data: { own: 'y' },
  })
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
  }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'sites.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'sites', kind: 'Site' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  }
  await plane.admin.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
  const site = { apiVersion: 'example.com/v1', kind: 'Site', metadata: { name: 's' }, spec: {} }
  const create = () => plane.admin.post('/apis/example.com/v1/sites', site)
  let made = await create()
  await until(async () => {
    if (made.status === 404) made = await create()
    return made.status !== 404
  }, 'sites are served')
  expect(made.json).toMatchObject({ metadata: { annotations: { by: 'system:admin' } }, spec: { size: 3 } })
})
