/**
 * Name of the secret that holds WeatherAPI's key, unless the configuration names another: where the stack expects it,
 * and where an operator can put it before there is a stack.
 */
export const defaultApiKeySecret = 'tdf/weatherapi-key';
