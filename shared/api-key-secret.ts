/** The secret that holds WeatherAPI's key, unless the configuration names another one. It exists before the stack does. */
export const defaultApiKeySecret = 'tdf/weatherapi-key';
