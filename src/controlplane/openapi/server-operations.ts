import { definitionName, VERSION_DEFINITION } from './definition-names.ts'
import type { Content, Operation } from './operation.ts'
import { operationIdAndTag } from './operation-id.ts'
import { OBJECT_TYPES, ok, UNAUTHORIZED } from './resource-operations.ts'

const VERSIONS = { definition: definitionName('meta/v1.APIVersions') }
const GROUPS = { definition: definitionName('meta/v1.APIGroupList') }
const GROUP = { definition: definitionName('meta/v1.APIGroup') }
const RESOURCES = { definition: definitionName('meta/v1.APIResourceList') }

/** What a server tells of itself, by the name of its document in the index. */
export function serverOperations(): ReadonlyMap<string, Operation> {
  return new Map([
    ['.well-known/openid-configuration', openIdConfiguration()],
    ['api', discovery('/api/', 'getAPIVersions', 'list the versions of the core group', VERSIONS)],
    ['apis', discovery('/apis/', 'getAPIVersions', 'list the groups and their versions', GROUPS)],
    ['openid/v1/jwks', keySet()],
    ['version', serverVersion()],
  ])
}

export function groupOperation(group: string): Operation {
  return discovery(`/apis/${group}/`, 'getAPIGroup', 'read a group and its versions', GROUP)
}

/** @param root such as `/api/v1` */
export function resourceListOperation(root: string): Operation {
  return discovery(`${root}/`, 'getAPIResources', 'list the resources of a group and version', RESOURCES)
}

function discovery(path: string, name: string, description: string, content: Content): Operation {
  return {
    path,
    method: 'get',
    ...operationIdAndTag(name, path),
    description,
    parameters: [],
    consumes: OBJECT_TYPES,
    produces: OBJECT_TYPES,
    responses: [ok(content), UNAUTHORIZED],
  }
}

function openIdConfiguration(): Operation {
  return {
    path: '/.well-known/openid-configuration/',
    method: 'get',
    id: 'getServiceAccountIssuerOpenIDConfiguration',
    tag: 'WellKnown',
    description: 'read the OpenID configuration of the issuer of service account tokens',
    parameters: [],
    consumes: [],
    produces: ['application/json'],
    responses: [ok('text'), UNAUTHORIZED],
  }
}

function keySet(): Operation {
  return {
    path: '/openid/v1/jwks/',
    method: 'get',
    id: 'getServiceAccountIssuerOpenIDKeyset',
    tag: 'openid',
    description: 'read the public keys that service account tokens are verified with',
    parameters: [],
    consumes: [],
    produces: ['application/jwk-set+json'],
    responses: [ok('text'), UNAUTHORIZED],
  }
}

function serverVersion(): Operation {
  return {
    path: '/version/',
    method: 'get',
    id: 'getCodeVersion',
    tag: 'version',
    description: 'read the version of the server',
    parameters: [],
    consumes: ['application/json'],
    produces: ['application/json'],
    responses: [ok({ definition: VERSION_DEFINITION }), UNAUTHORIZED],
  }
}
