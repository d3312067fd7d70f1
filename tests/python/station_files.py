"""A StationXML document with every element of the schema, and files to read beside ObsPy."""

import re
import warnings
from pathlib import Path

import obspy
from lxml import etree

NAMESPACE = "{http://www.fdsn.org/xml/station/1}"

# What the document is put together from: $name stands for a part, made of lines without breaks.
_PARTS = {
    "errors": "unit='U' plusError='1' minusError='2' measurementMethod='m'",
    "node": "restrictedStatus='open' alternateCode='a' historicalCode='h' sourceID='http://s'",
    "person": """
        <Name>n</Name><Agency>a</Agency><Email>e@f.g</Email><Phone description='d'>
        <CountryCode>1</CountryCode><AreaCode>2</AreaCode><PhoneNumber>3-4</PhoneNumber></Phone>""",
    "common": """
        <Description>d</Description><Identifier type='abc'>def</Identifier>
        <Comment id='1' subject='s'><Value>v</Value>
        <BeginEffectiveTime>2011-01-01T00:00:00</BeginEffectiveTime>
        <Author>$person</Author></Comment>
        <DataAvailability><Extent start='2011-02-03T04:05:06Z' end='2011-03-04T05:06:07Z'/>
        <Span start='2012-02-03T04:05:06Z' end='2012-03-04T05:06:07Z' numberSegments='5'
        maximumTimeTear='7.8'/></DataAvailability>""",
    "operator": """
        <Operator><Agency>a</Agency><Contact>$person</Contact><WebSite>w</WebSite></Operator>""",
    "place": """
        <Latitude datum='WGS84' $errors>48.5</Latitude><Longitude $errors>11.5</Longitude>
        <Elevation $errors>500.5</Elevation>""",
    "equipment": """
        <Type>t</Type><Description>d</Description><Model>m</Model>
        <InstallationDate>2011-01-01T00:00:00Z</InstallationDate>
        <CalibrationDate>2011-06-01T00:00:00Z</CalibrationDate>""",
    "volts": """
        <InputUnits><Name>V</Name><Description>d</Description></InputUnits>
        <OutputUnits><Name>V</Name></OutputUnits>""",
    "decimation": """
        <Decimation><InputSampleRate $errors>100</InputSampleRate><Factor>1</Factor>
        <Offset>0</Offset><Delay $errors>0.5</Delay><Correction $errors>0.25</Correction>
        </Decimation>""",
    "gain": "<StageGain><Value>10.5</Value><Frequency>1.5</Frequency></StageGain>",
    "series": """
        $volts<ApproximationType>MACLAURIN</ApproximationType>
        <FrequencyLowerBound $errors>1</FrequencyLowerBound>
        <FrequencyUpperBound>2</FrequencyUpperBound>
        <ApproximationLowerBound>3</ApproximationLowerBound>
        <ApproximationUpperBound>4</ApproximationUpperBound><MaximumError>5</MaximumError>
        <Coefficient number='0' plusError='1'>1.5</Coefficient><Coefficient>2.5</Coefficient>""",
    "element": """
        <Amplitude $errors>2</Amplitude><Phase $errors>-3</Phase></ResponseListElement>""",
    "response": """
        <Response resourceId='r'><InstrumentSensitivity><Value>1000</Value><Frequency>1</Frequency>
        <InputUnits><Name>M/S</Name></InputUnits><OutputUnits><Name>COUNTS</Name></OutputUnits>
        <FrequencyStart>0.1</FrequencyStart><FrequencyEnd>10</FrequencyEnd>
        <FrequencyDBVariation>3</FrequencyDBVariation></InstrumentSensitivity>
        <Stage number='1'><PolesZeros resourceId='r' name='n'><Description>d</Description>
        <InputUnits><Name>M/S</Name></InputUnits><OutputUnits><Name>V</Name></OutputUnits>
        <PzTransferFunctionType>LAPLACE (RADIANS/SECOND)</PzTransferFunctionType>
        <NormalizationFactor>7.5</NormalizationFactor>
        <NormalizationFrequency $errors>1.25</NormalizationFrequency>
        <Zero number='0'><Real plusError='1'>0</Real><Imaginary minusError='2'>-0.0</Imaginary>
        </Zero><Pole number='1'><Real>-1.5</Real><Imaginary>2.5</Imaginary></Pole>
        <Pole number='0'><Real>-1.5</Real><Imaginary>-2.5</Imaginary></Pole></PolesZeros>
        $gain</Stage>
        <Stage number='2'><Coefficients>$volts
        <CfTransferFunctionType>DIGITAL</CfTransferFunctionType>
        <Numerator number='1' plusError='1'>0.5</Numerator><Numerator>0.25</Numerator>
        <Denominator number='1'>1.5</Denominator></Coefficients>$decimation$gain</Stage>
        <Stage number='3'><FIR>$volts<Symmetry>NONE</Symmetry>
        <NumeratorCoefficient i='1'>0.75</NumeratorCoefficient>
        <NumeratorCoefficient> 2.5E-1 </NumeratorCoefficient></FIR>$decimation$gain</Stage>
        <Stage number='4'><ResponseList>$volts
        <ResponseListElement><Frequency $errors>1</Frequency>$element
        <ResponseListElement><Frequency>2</Frequency>$element
        <ResponseListElement><Frequency>4</Frequency>$element
        <ResponseListElement><Frequency>8</Frequency>$element</ResponseList>$gain</Stage>
        <Stage number='5'>$gain</Stage>
        <Stage number='6'><Polynomial>$series</Polynomial></Stage></Response>""",
    "channel": """
        locationCode='00' startDate='2010-01-01T00:00:00Z' endDate='2020-01-01T00:00:00' $node>
        $common<ExternalReference><URI>http://u</URI><Description>d</Description>
        </ExternalReference>$place<Depth $errors>2.5</Depth><Azimuth $errors>45.5</Azimuth>
        <Dip $errors>-30.5</Dip><WaterLevel>1</WaterLevel><Type>GEOPHYSICAL</Type>
        <SampleRate $errors>100.0</SampleRate><SampleRateRatio><NumberSamples>100</NumberSamples>
        <NumberSeconds>1</NumberSeconds></SampleRateRatio><ClockDrift $errors>0.5</ClockDrift>
        <CalibrationUnits><Name>V</Name></CalibrationUnits>
        <Sensor resourceId='r'>$equipment</Sensor><PreAmplifier>$equipment</PreAmplifier>
        <DataLogger>$equipment</DataLogger><Equipment>$equipment</Equipment>""",
    "document": """
        <?xml version='1.0' encoding='UTF-8'?>
        <FDSNStationXML xmlns='http://www.fdsn.org/xml/station/1' schemaVersion='1.2'>
        <Source>s</Source><Sender>s</Sender><Module>m</Module><ModuleURI>u</ModuleURI>
        <Created>2020-01-01T00:00:00Z</Created>
        <Network code='XX' startDate='2000-01-01T00:00:00Z' $node>$common$operator
        <TotalNumberStations>3</TotalNumberStations>
        <SelectedNumberStations>1</SelectedNumberStations>
        <Station code='AAA' startDate='2001-01-01T00:00:00Z' $node>$common$place
        <Site><Name>n</Name><Country>c</Country></Site><WaterLevel>1.5</WaterLevel>
        <Vault>v</Vault><Geology>g</Geology><Equipment resourceId='r'>$equipment</Equipment>
        $operator<CreationDate>2001-01-01T00:00:00Z</CreationDate>
        <TotalNumberChannels>3</TotalNumberChannels>
        <SelectedNumberChannels>2</SelectedNumberChannels>
        <Channel code='BHZ' $channel$response</Channel>
        <Channel code='BHN' $channel</Channel>
        <Channel code='LKS' $channel<Response>
        <InstrumentPolynomial>$series</InstrumentPolynomial></Response></Channel>
        </Station></Network></FDSNStationXML>""",
}


def document():
    """Every element once or more, as text."""

    def part(name):
        lines = [line.strip() for line in _PARTS[name].splitlines()]
        # A line that begins in the middle of a tag needs a blank.
        text = "".join(line if line.startswith(("<", "$")) else " " + line for line in lines)
        return re.sub(r"\$(\w+)", lambda match: part(match[1]), text.lstrip())

    return part("document")


def path_of(element):
    """Names from below the root down to an element."""
    names = [e.tag for e in (element, *element.iterancestors())][:-1]
    return "/".join(name.replace(NAMESPACE, "") for name in reversed(names))


def altered():
    """Yield the document with one thing wrong or odd in it, for every element and attribute."""
    tree = etree.fromstring(document().encode())
    seen = set()
    for number, element in enumerate(tree.iter()):
        if (path := path_of(element)) in seen:
            continue
        seen.add(path)

        def one(change, number=number):
            copied = etree.fromstring(document().encode())
            change(list(copied.iter())[number])
            return etree.tostring(copied)

        if number:
            yield f"{path} removed", one(lambda e: e.getparent().remove(e))
            yield f"{path} twice", one(lambda e: e.addnext(etree.fromstring(etree.tostring(e))))
            yield f"{path} and a comment", one(lambda e: e.insert(0, etree.Comment("c")))
        if len(element) == 0:
            for text in ("", "abc", "nan", " 5.5 ", "-7", "1e400", "-0", "1_0"):
                yield f"{path} is {text!r}", one(lambda e, text=text: setattr(e, "text", text))
        for name in element.attrib:
            yield f"{path}@{name} removed", one(lambda e, name=name: e.attrib.pop(name))
            for text in ("", "abc", " 6 "):
                yield f"{path}@{name}={text!r}", one(lambda e, n=name, text=text: e.set(n, text))


def installed():
    """StationXML files that ObsPy installs."""
    return _stationxml_below(Path(obspy.__file__).parent)


def _stationxml_below(folder):
    for path in sorted(folder.rglob("*.xml")):
        with path.open("rb") as file:
            if b"FDSNStationXML" in file.read(3000):
                yield path


def shared(folder):
    """StationXML files of the shared data."""
    return _stationxml_below(folder)


def by_obspy(path):
    """What ObsPy reads, or the exception; and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = obspy.read_inventory(str(path))
        except Exception as error:  # noqa: BLE001 - any of them
            answer = error
    return answer, [str(w.message) for w in caught]


def seed_ids(inventory):
    """Codes of all channels, once each."""
    return sorted(
        {(n.code, s.code, c.location_code, c.code) for n in inventory for s in n for c in s}
    )
