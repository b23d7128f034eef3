/** A location as `current.json` names it; `lat` and `lon` in degrees, `tz_id` an IANA zone. */
export interface Place {
  readonly name: string;
  readonly region: string;
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
  readonly tz_id: string;
}

const cities = `
Auckland||New Zealand|-36.867|174.767|Pacific/Auckland
Wellington||New Zealand|-41.3|174.783|Pacific/Auckland
Suva||Fiji|-18.133|178.417|Pacific/Fiji
Sydney|New South Wales|Australia|-33.883|151.217|Australia/Sydney
Melbourne|Victoria|Australia|-37.817|144.967|Australia/Melbourne
Marysville|Victoria|Australia|-37.517|145.75|Australia/Melbourne
Brisbane|Queensland|Australia|-27.5|153.017|Australia/Brisbane
Adelaide|South Australia|Australia|-34.933|138.6|Australia/Adelaide
Perth|Western Australia|Australia|-31.933|115.833|Australia/Perth
Tokyo|Tokyo|Japan|35.69|139.692|Asia/Tokyo
Osaka|Osaka|Japan|34.667|135.5|Asia/Tokyo
Sapporo|Hokkaido|Japan|43.05|141.35|Asia/Tokyo
Seoul|Seoul|South Korea|37.566|126.978|Asia/Seoul
Beijing|Beijing|China|39.929|116.388|Asia/Shanghai
Shanghai|Shanghai|China|31.222|121.458|Asia/Shanghai
Ürümqi|Xinjiang|China|43.8|87.583|Asia/Shanghai
Hong Kong||Hong Kong|22.283|114.15|Asia/Hong_Kong
Taipei|T'ai-pei|Taiwan|25.039|121.525|Asia/Taipei
Manila|Manila|Philippines|14.604|120.982|Asia/Manila
Jakarta|Jakarta Raya|Indonesia|-6.215|106.845|Asia/Jakarta
Singapore||Singapore|1.293|103.856|Asia/Singapore
Đà Nẵng||Vietnam|16.068|108.221|Asia/Ho_Chi_Minh
Bangkok|Krung Thep|Thailand|13.754|100.501|Asia/Bangkok
Dhaka|Dhaka|Bangladesh|23.723|90.409|Asia/Dhaka
Kathmandu|Bagmati|Nepal|27.717|85.317|Asia/Kathmandu
Mumbai|Maharashtra|India|18.975|72.826|Asia/Kolkata
Delhi|Delhi|India|28.667|77.217|Asia/Kolkata
Bengaluru|Karnataka|India|12.983|77.583|Asia/Kolkata
Colombo|Western|Sri Lanka|6.932|79.848|Asia/Colombo
Karachi|Sindh|Pakistan|24.867|67.05|Asia/Karachi
Tashkent|Toshkent|Uzbekistan|41.317|69.25|Asia/Tashkent
Almaty|Almaty|Kazakhstan|43.25|76.95|Asia/Almaty
Dubai|Dubai|United Arab Emirates|25.252|55.28|Asia/Dubai
Riyadh|Ar Riyad|Saudi Arabia|24.641|46.773|Asia/Riyadh
Tehran|Tehran|Iran|35.672|51.424|Asia/Tehran
İzmir|Izmir|Turkey|38.407|27.15|Europe/Istanbul
Istanbul|Istanbul|Turkey|41.019|28.965|Europe/Istanbul
Nairobi|Nairobi Area|Kenya|-1.283|36.817|Africa/Nairobi
Addis Ababa|Adis Abeba|Ethiopia|9.033|38.7|Africa/Addis_Ababa
Cairo|Al Qahirah|Egypt|30.05|31.25|Africa/Cairo
Johannesburg|Gauteng|South Africa|-26.2|28.083|Africa/Johannesburg
Cape Town|Western Cape|South Africa|-33.917|18.417|Africa/Johannesburg
Lagos|Lagos|Nigeria|6.453|3.396|Africa/Lagos
Accra|Greater Accra|Ghana|5.55|-0.217|Africa/Accra
Casablanca||Morocco|33.593|-7.616|Africa/Casablanca
Kyiv|Kyyivs'ka Oblast'|Ukraine|50.433|30.517|Europe/Kyiv
Helsinki|Southern Finland|Finland|60.176|24.934|Europe/Helsinki
Tromsø|Troms|Norway|69.667|18.967|Europe/Oslo
Oslo|Oslo|Norway|59.917|10.75|Europe/Oslo
Malmö|Skane Lan|Sweden|55.6|13|Europe/Stockholm
København|Hovedstaden|Denmark|55.667|12.583|Europe/Copenhagen
Łódź|Lodz|Poland|51.75|19.467|Europe/Warsaw
Praha|Prague|Czech Republic|50.083|14.467|Europe/Prague
Wien|Wien|Austria|48.2|16.367|Europe/Vienna
Zürich||Switzerland|47.367|8.55|Europe/Zurich
Berlin|Berlin|Germany|52.517|13.4|Europe/Berlin
München|Bayern|Germany|48.15|11.583|Europe/Berlin
Roma|Lazio|Italy|41.9|12.483|Europe/Rome
Paris|Ile-de-France|France|48.867|2.333|Europe/Paris
Amsterdam|North Holland|Netherlands|52.374|4.89|Europe/Amsterdam
Madrid|Madrid|Spain|40.4|-3.683|Europe/Madrid
Lisbon|Lisboa|Portugal|38.717|-9.133|Europe/Lisbon
London|City of London, Greater London|United Kingdom|51.517|-0.106|Europe/London
Dublin|Dublin|Ireland|53.333|-6.249|Europe/Dublin
Reykjavík|Gullbringusysla|Iceland|64.15|-21.95|Atlantic/Reykjavik
São Paulo|Sao Paulo|Brazil|-23.533|-46.617|America/Sao_Paulo
Recife|Pernambuco|Brazil|-8.05|-34.9|America/Recife
Buenos Aires|Distrito Federal|Argentina|-34.588|-58.673|America/Argentina/Buenos_Aires
Bogotá|Cundinamarca|Colombia|4.6|-74.083|America/Bogota
Mexico City|The Federal District|Mexico|19.434|-99.139|America/Mexico_City
Montréal|Quebec|Canada|45.5|-73.583|America/Toronto
New York|New York|United States of America|40.714|-74.006|America/New_York
Chicago|Illinois|United States of America|41.85|-87.65|America/Chicago
Denver|Colorado|United States of America|39.739|-104.984|America/Denver
San Francisco|California|United States of America|37.775|-122.418|America/Los_Angeles`;

/** Each city is four locations: itself, and around it. Degrees to go to the north and to the east. */
const quarters = [
  { suffix: '', north: 0, east: 0 },
  { suffix: ' North', north: 0.0833, east: -0.0167 },
  { suffix: ' East', north: 0.0167, east: 0.1014 },
  { suffix: ' South', north: -0.1028, east: 0.0333 },
] as const;

/** Three hundred locations all over the world; some names are not ASCII, as some of the provider's are not. */
export const places: readonly Place[] = cities
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [name = '', region = '', country = '', lat = '', lon = '', tz_id = ''] = line.split('|');
    return quarters.map(({ suffix, north, east }) => ({
      name: `${name}${suffix}`,
      region,
      country,
      lat: tenThousandths(Number(lat) + north),
      lon: tenThousandths(Number(lon) + east),
      tz_id,
    }));
  });

function tenThousandths(degrees: number): number {
  return Math.round(degrees * 10_000) / 10_000;
}
