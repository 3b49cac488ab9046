export { isJsonObject, type JsonObject, type JsonValue } from '../../common/json.ts'
