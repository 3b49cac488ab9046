import { describe, expect, it } from 'vitest'
import { requestInfo } from '../../../src/controlplane/api/request-info.ts'

const info = (method: string, path: string) => requestInfo(method, new URL(path, 'https://localhost'))

const core = {
  isResource: true,
  group: '',
  version: 'v1',
  subresource: '',
  rest: '',
  namespace: '',
  name: '',
}

describe('a request for objects', () => {
  it.each([
    ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces' }],
    ['GET', '/api/v1/namespaces/a', { verb: 'get', resource: 'namespaces', namespace: 'a', name: 'a' }],
    [
      'PUT',
      '/api/v1/namespaces/a/finalize',
      { verb: 'update', resource: 'namespaces', namespace: 'a', name: 'a', subresource: 'finalize' },
    ],
    ['GET', '/api/v1/pods', { verb: 'list', resource: 'pods' }],
    ['OPTIONS', '/api/v1/pods', { verb: '', resource: 'pods' }],
    ['GET', '/api/v1/pods?watch=true', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/pods?watch=1&watch=0', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/pods?watch=false', { verb: 'list', resource: 'pods' }],
    ['GET', '/api/v1/pods?watch=False', { verb: 'list', resource: 'pods' }],
    ['GET', '/api/v1/watch/pods', { verb: 'watch', resource: 'pods' }],
    [
      'GET',
      '/api/v1/watch/namespaces/a',
      { verb: 'watch', resource: 'namespaces', namespace: 'a', name: 'a' },
    ],
    [
      'GET',
      '/apis/apps/v1/watch/namespaces/a/deployments/d',
      { verb: 'watch', group: 'apps', resource: 'deployments', namespace: 'a', name: 'd' },
    ],
    ['POST', '/api/v1/namespaces/a/pods', { verb: 'create', resource: 'pods', namespace: 'a' }],
    ['DELETE', '/api/v1/namespaces/a/pods/', { verb: 'deletecollection', resource: 'pods', namespace: 'a' }],
    ['HEAD', '/api/v1/namespaces/a/pods/p', { verb: 'get', resource: 'pods', namespace: 'a', name: 'p' }],
    [
      'GET',
      '/api/v1/namespaces/a/services/s:80/proxy/x/y',
      { verb: 'get', resource: 'services', namespace: 'a', name: 's:80', subresource: 'proxy', rest: 'x/y' },
    ],
    [
      'GET',
      '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dp',
      { verb: 'list', resource: 'pods', namespace: 'a', name: 'p' },
    ],
    [
      'GET',
      '/api/v1/pods?fieldSelector=metadata.namespace%3Da%2Cmetadata.name%3D%3Dp',
      { verb: 'list', resource: 'pods', name: 'p' },
    ],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Da%2Fb', { verb: 'list', resource: 'pods' }],
    [
      'GET',
      '/api/v1/namespaces/a/pods?fieldSelector=metadata.name!%3Dp',
      { verb: 'list', resource: 'pods', namespace: 'a' },
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/a/deployments/d/scale',
      {
        verb: 'patch',
        group: 'apps',
        resource: 'deployments',
        namespace: 'a',
        name: 'd',
        subresource: 'scale',
      },
    ],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      { verb: 'get', group: 'rbac.authorization.k8s.io', resource: 'clusterroles', name: 'system:node' },
    ],
    // An encoded slash is one: what is authorised is what is done.
    [
      'GET',
      '/api/v1/namespaces/a%2Fsecrets/b',
      { verb: 'get', resource: 'secrets', namespace: 'a', name: 'b' },
    ],
  ])('%s %s', (method, path, expected) => {
    expect(info(method, path)).toEqual({ ...core, ...expected })
  })
})

describe('any other request', () => {
  it.each([
    ['GET', '/', '/'],
    ['GET', '/api', '/api'],
    ['GET', '/api/v1', '/api/v1'],
    ['GET', '/apis/apps', '/apis/apps'],
    ['GET', '/apis/apps/v1', '/apis/apps/v1'],
    ['POST', '/healthz', '/healthz'],
    ['OPTIONS', '/version', '/version'],
  ])('%s %s', (method, path, expected) => {
    expect(info(method, path)).toEqual({ isResource: false, verb: method.toLowerCase(), path: expected })
  })

  it('whose path cannot be read is refused', () => {
    expect(() => info('GET', '/api/v1/namespaces/%zz')).toThrow('is not a valid percent-encoding')
  })
})
