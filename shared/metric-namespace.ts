/** The CloudWatch namespace of every metric that the functions emit. */
export const metricNamespace = 'TdfWeather';
