--
-- PostgreSQL database dump
--

CREATE TABLE vpic.wmi (
    id integer NOT NULL
);

COPY vpic.element (id, name, code, lookuptable, isprivate, groupname, datatype, decode, weight) FROM stdin;
5	Body Class	BodyClass	\N	f	Exterior / Body	lookup	Pattern	99
9	Engine Number of Cylinders	EngineCylinders	\N	f	Engine	int	Pattern	88
11	Displacement (CC)	DisplacementCC	\N	f	Engine	decimal	Pattern	98
12	Displacement (CI)	DisplacementCI	\N	f	Engine	decimal	Pattern	\N
13	Displacement (L)	DisplacementL	\N	f	Engine	decimal	Pattern	\N
18	Engine Model	EngineModel	\N	f	Engine	string	Pattern	55
24	Fuel Type - Primary	FuelTypePrimary	\N	f	Engine	lookup	Pattern	91
26	Make	Make	\N	f	General	lookup	Pattern	99
27	Manufacturer Name	Manufacturer	\N	f	General	lookup	Pattern	99
28	Model	Model	\N	f	General	lookup	Pattern	99
29	Model Year	ModelYear	\N	f	General	int	Pattern	99
37	Transmission Style	TransmissionStyle	\N	f	Mechanical / Transmission	lookup	Pattern	\N
39	Vehicle Type	VehicleType	\N	f	General	lookup	Pattern	99
118	Trailer Length (feet)	TrailerLength	\N	f	Exterior / Trailer	decimal	Pattern	\N
97	NCSA Make	NCSAMake	\N	t	Internal	lookup	Pattern	\N
\.

COPY vpic.conversion (id, fromelementid, toelementid, formula) FROM stdin;
1	13	11	#x# * 1000
\.

COPY vpic.defaultvalue (id, elementid, vehicletypeid, defaultvalue, createdon, updatedon) FROM stdin;
1	24	2	0	2012-01-01 00:00:00	\N
\.

COPY vpic.enginemodel (id, name) FROM stdin;
1	 e20 
\.

COPY vpic.enginemodelpattern (id, enginemodelid, elementid, attributeid, createdon, updatedon) FROM stdin;
1	1	9	4	2012-01-01 00:00:00	\N
\.

COPY vpic.make_model (id, makeid, modelid) FROM stdin;
1	1	10
\.

COPY vpic.pattern (id, vinschemaid, keys, elementid, attributeid, createdon, updatedon) FROM stdin;
1	1	AB***|*A	28	10	2012-01-01 00:00:00	\N
2	1	AB[1-3]	13	2.0	2012-01-01 00:00:00	2013-05-06 07:08:09.123
3	1	A	5	13	2012-01-01 00:00:00	\N
4	1	AB	18	E20	2012-01-01 00:00:00	\N
5	1	AB	97	5	2012-01-01 00:00:00	\N
6	2	*##	118	TBD	2012-01-01 00:00:00	\N
\.

COPY vpic.vinexception (id, vin, checkdigit) FROM stdin;
1	1XYAB2A19CA000002	t
\.

COPY vpic.vinschema (id, name, tobeqced) FROM stdin;
1	Cars	\N
2	Trailers	f
\.

COPY vpic.vehiclespecschema (id, makeid, vehicletypeid, tobeqced) FROM stdin;
1	1	2	\N
\.

COPY vpic.vehiclespecschema_model (id, vehiclespecschemaid, modelid) FROM stdin;
1	1	10
\.

COPY vpic.vehiclespecschema_year (id, vehiclespecschemaid, year) FROM stdin;
1	1	2012
\.

COPY vpic.vspecschemapattern (id, schemaid) FROM stdin;
1	1
\.

COPY vpic.vehiclespecpattern (id, vspecschemapatternid, iskey, elementid, attributeid, createdon, updatedon) FROM stdin;
1	1	t	5	13	2012-01-01 00:00:00	\N
2	1	f	37	3	2012-01-01 00:00:00	\N
\.

COPY vpic.wmi (id, wmi, manufacturerid, vehicletypeid, trucktypeid, createdon, publicavailabilitydate) FROM stdin;
1	1XY	100	2	\N	2012-01-01 00:00:00	2012-01-01 00:00:00
2	1X9777	101	6	\N	2012-01-01 00:00:00	2012-01-01 00:00:00
3	1XZ	100	2	\N	2012-01-01 00:00:00	2031-01-01 00:00:00
\.

COPY vpic.wmi_make (wmiid, makeid) FROM stdin;
1	1
2	2
\.

COPY vpic.wmi_vinschema (id, wmiid, vinschemaid, yearfrom, yearto) FROM stdin;
1	1	1	2010	\N
2	2	2	2010	2020
\.

COPY vpic.make (id, name) FROM stdin;
1	Example
2	Small
\.

COPY vpic.manufacturer (id, name) FROM stdin;
100	Example Motors
101	Small Trailers
\.

COPY vpic.model (id, name) FROM stdin;
10	One
\.

COPY vpic.vehicletype (id, name) FROM stdin;
2	Passenger Car
6	Trailer
\.

COPY vpic.bodystyle (id, name) FROM stdin;
13	Sedan
\.

COPY vpic.transmission (id, name) FROM stdin;
3	Manual
\.

COPY vpic.fueltype (id, name) FROM stdin;
4	Gasoline
\.

COPY vpic.unused (id, name) FROM stdin;
1	passed over
\.

