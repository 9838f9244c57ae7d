/** Steps of nodestream's for systems that there is nothing for here. */
const classes: Readonly<Record<string, string>> = {
  AthenaExtractor: "Amazon Athena",
  DynamoDBExtractor: "Amazon DynamoDB",
  StreamExtractor: "streams (Kafka, Kinesis)",
  QueueExtractor: "queues (SQS)",
  QueueConnector: "queues (SQS)",
  StreamWriter: "streams (Kafka, Kinesis)",
  UdpExtractor: "UDP",
};

const factories: Readonly<Record<string, string>> = {
  s3: "files in Amazon S3",
  sqs: "queues (SQS)",
  kafka: "streams (Kafka)",
};

/** Why a step of nodestream's cannot be had, where that is so. */
export function unsupported(name: string, factory: string | undefined) {
  const what = Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (what !== undefined) return { isFactory: false, problem: `${name}: ${what} are not supported` };
  const of = factory !== undefined && Object.hasOwn(factories, factory) ? factories[factory] : undefined;
  if (of !== undefined && name === "FileExtractor")
    return { isFactory: true, problem: `${name}, ${factory}: ${of} are not supported` };
  return undefined;
}
